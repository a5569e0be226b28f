package dev.lathe.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Compiles small shared libraries under given names. */
final class MadeUpLibraries {
    private MadeUpLibraries() {}

    /** A library without symbols of its own, which needs others of its folder. */
    static Path empty(Path folder, String name, String... needed)
            throws IOException, InterruptedException {
        return compile(folder, name, "", needed);
    }

    /** A library from a source among the test resources. */
    static Path of(Path folder, String name, String source)
            throws IOException, InterruptedException {
        try (InputStream code = MadeUpLibraries.class.getResourceAsStream("/cuda/" + source)) {
            return compile(folder, name, new String(code.readAllBytes()));
        }
    }

    private static Path compile(Path folder, String name, String code, String... needed)
            throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve(name + ".c"), code);
        Path library = folder.resolve(name);
        List<String> command = new ArrayList<>(List.of("g++", "-shared", "-fPIC", "-x", "c"));
        command.addAll(List.of(source.toString(), "-x", "none", "-Wl,-soname," + name));
        // The presets ask for symbols of the version that is named like the library.
        command.add("-Wl,--default-symver,--no-as-needed");
        Arrays.stream(needed).map(other -> folder.resolve(other).toString()).forEach(command::add);
        command.addAll(List.of("-o", library.toString()));
        Path log = folder.resolve(name + ".log");
        Process compiler =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        assertEquals(0, compiler.waitFor(), () -> read(log));
        return library;
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
