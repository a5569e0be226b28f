package dev.lathe.eval.engines;

import dev.lathe.compress.Compression;
import java.nio.file.Path;

/** Random models of the core's tests, as GGUF files: 300 tokens, most of them single bytes. */
public final class SmallModel {
    private static final Path FOLDERS = Path.of("../core/src/test/resources/golden/logits");

    private SmallModel() {}

    /**
     * Writes one.
     *
     * @param name such as {@code llama-tied}
     */
    public static Path write(String name, Path folder) {
        Path file = folder.resolve(name + ".gguf");
        Compression.of(FOLDERS.resolve(name).resolve("model")).writeTo(file);
        return file;
    }
}
