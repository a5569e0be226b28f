package dev.lathe.eval.engines.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A child's own folder, which nobody else may read.
 *
 * @param path where it is
 */
record PrivateFolder(Path path) {
    /** Makes a new one. */
    static PrivateFolder create() throws IOException {
        PrivateFolder folder = new PrivateFolder(Files.createTempDirectory("lathe-llama"));
        Files.createDirectory(folder.library());
        return folder;
    }

    /** The socket that the parent listens at. */
    Path socket() {
        return path.resolve("socket");
    }

    /** Where llama.cpp's library is unpacked; what begins with "llama" would be swept away. */
    Path library() {
        return path.resolve("library");
    }

    /** Where the Java machine leaves its last words. */
    Path crash() {
        return path.resolve("crash.log");
    }

    /** Deletes it with all that is in it; does nothing where it is gone. */
    void delete() throws IOException {
        if (Files.notExists(path)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        }
    }
}
