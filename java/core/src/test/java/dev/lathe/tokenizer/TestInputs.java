package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.checkpoint.GgufCheckpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** Where the tests find files that are not part of the project. */
public final class TestInputs {
    private TestInputs() {}

    /**
     * A file of the {@code models} folder of llama.cpp's source; skips the test where it is absent.
     */
    static Path llamaCppModels(String name) {
        Path root = folder("LATHE_LLAMA_CPP", "llama.cpp's source");
        try (Stream<Path> packages = Files.list(root)) {
            return packages.map(path -> path.resolve("vendor/llama.cpp/models").resolve(name))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseGet(
                            () -> abort("no llama.cpp source with models/" + name + " in " + root));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A downloaded model; skips the test where it is absent. */
    public static Path model(String name) {
        Path path = folder("LATHE_MODELS", "downloaded models").resolve(name);
        assumeTrue(Files.isRegularFile(path), () -> "no " + path);
        return path;
    }

    /** A file of the shared data; skips the test where it is absent. */
    public static Path shared(String name) {
        Path path = folder("LATHE_SHARED", "shared data").resolve(name);
        assumeTrue(Files.isRegularFile(path), () -> "no " + path);
        return path;
    }

    private static Path folder(String variable, String what) {
        String value = System.getenv(variable);
        assumeTrue(value != null, () -> variable + " is not set; it names the folder of " + what);
        return Path.of(value);
    }

    static Tokenizer tokenizer(Path gguf) {
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(gguf)) {
            return Tokenizer.fromGguf(checkpoint.metadata());
        }
    }

    static void write(Path folder, Map<String, String> files) {
        try {
            Files.createDirectories(folder);
            for (Map.Entry<String, String> file : files.entrySet()) {
                Files.writeString(folder.resolve(file.getKey()), file.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
