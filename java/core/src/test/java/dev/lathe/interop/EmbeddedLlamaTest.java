package dev.lathe.interop;

import dev.lathe.compress.Compression;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** llama.cpp b4916 runs what Lathe makes of Hugging Face folders; it has no Qwen3. */
class EmbeddedLlamaTest {
    private static final String PROMPT = "Hello, the world and all that is in it.";
    private static final int COUNT = 12;

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"llama-tied", "llama-head", "llama-bias", "llama-rope", "qwen2"})
    void foldersOfEveryShapeRun(String name, TestReporter reporter)
            throws IOException, InterruptedException {
        Path gguf = folder.resolve(name + ".gguf");
        Path source = GoldenModels.model(name);
        Compression.of(source).writeTo(gguf);
        Agreement agreement =
                Agreement.of(
                        gguf, source, PROMPT, GoldenModels.composedTexts(), COUNT, true, folder);
        reporter.publishEntry(name, agreement.toString());
        agreement.requireWithin(name, GoldenModels.bound(name), COUNT);
    }
}
