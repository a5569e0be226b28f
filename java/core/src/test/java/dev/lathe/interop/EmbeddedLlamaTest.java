package dev.lathe.interop;

import dev.lathe.compress.Compression;
import java.io.IOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * llama.cpp b4916 runs what Lathe makes of Hugging Face folders.
 *
 * <p>llama.cpp rounds the inputs of a product to the matrix's type where that is F16 or BF16, each
 * value by at most the unit roundoff u, about 0.4 u on average; the dozen products of a small model
 * add up to about 1.5 u. Allowed are 4 u. In F32 only the order of sums differs.
 */
class EmbeddedLlamaTest {
    private static final double F16_ROUNDOFF = 0x1p-11;
    private static final double BF16_ROUNDOFF = 0x1p-8;
    private static final double F32_BOUND = 1e-5;
    private static final String PROMPT = "Hello, the world and all that is in it.";
    private static final int COUNT = 12;

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "llama-tied,F32",
        "llama-bias,F16",
        "llama-head,BF16",
        "llama-rope,BF16",
        "qwen2,BF16"
    })
    void foldersOfEveryShapeRun(String name, String type, TestReporter reporter)
            throws IOException, InterruptedException {
        Path gguf = folder.resolve(name + ".gguf");
        Compression.of(GoldenModels.model(name)).writeTo(gguf);
        Agreement agreement = Agreement.of(gguf, PROMPT, texts(), COUNT, true, folder);
        reporter.publishEntry(name, agreement.toString());
        agreement.requireWithin(name, bound(type), COUNT);
    }

    private static double bound(String type) {
        return switch (type) {
            case "F16" -> 4 * F16_ROUNDOFF;
            case "BF16" -> 4 * BF16_ROUNDOFF;
            default -> F32_BOUND;
        };
    }

    /** Without those that Qwen2's tokenizer composes (NFC): llama.cpp has no such step. */
    private static List<String> texts() {
        return GoldenModels.texts().stream()
                .filter(text -> Normalizer.isNormalized(text, Normalizer.Form.NFC))
                .toList();
    }
}
