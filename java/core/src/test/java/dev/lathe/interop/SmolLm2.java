package dev.lathe.interop;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RunRecord;
import dev.lathe.tokenizer.TestInputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * SmolLM2-135M-Instruct and what Lathe makes of it, each output made once for all tests; they are
 * skipped where the model is not there.
 */
final class SmolLm2 {
    private static final Path OUTPUTS = Path.of("target/interop");

    /** All matrices as F16, which quantizes no input of a product. */
    private static final Recipe HALF =
            Recipe.builder().type("F16").embeddingType("F16").headType("F16").build();

    private static final Recipe PRUNED =
            HALF.toBuilder()
                    .sparsity(0.5)
                    .calibration(new CalibrationOptions(null, 4, 128, 1L))
                    .build();

    private static Path half;
    private static Path pruned;

    private SmolLm2() {}

    /** The published file, Q4_1 with a Q8_0 embedding. */
    static Path source() {
        return TestInputs.model("SmolLM2-135M-Instruct.Q4_1.gguf");
    }

    /** The same weights as F16, as a GGUF file. */
    static synchronized Path half() {
        if (half == null) {
            half = make(HALF, "half.gguf");
        }
        return half;
    }

    /** Half of the weights pruned by SparseGPT, as a GGUF file. */
    static synchronized Path pruned() {
        if (pruned == null) {
            pruned = make(PRUNED, "pruned.gguf");
        }
        return pruned;
    }

    private static Path make(Recipe recipe, String name) {
        Path source = source();
        Path output = OUTPUTS.resolve(name);
        try {
            Files.createDirectories(OUTPUTS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Compression.of(source).recipe(recipe).replace(true).restart(true).writeTo(output);
        output.toFile().deleteOnExit();
        RunRecord.pathFor(output, false).toFile().deleteOnExit();
        return output;
    }
}
