package dev.lathe.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Texts of the project in prose, verse, code, tables and several languages. */
final class Samples {
    private static final Path FOLDER =
            Path.of("../../python-interop/lathe_interop/calibration/written");

    private Samples() {}

    /** All of them, in alphabetical order. */
    static List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList();
        }
    }

    /** One by its name. */
    static Path file(String name) {
        return FOLDER.resolve(name);
    }
}
