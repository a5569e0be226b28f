package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.measure.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scales that are fitted again, on the tiny reasoner. */
class ScaleRefitTest {
    private static final Path TINY_REASONER = Path.of("../../examples/tiny-reasoner");
    private static final int LENGTH = 256;

    @TempDir Path folder;

    private RunRecord compress(String type, boolean refit, String name) {
        CalibrationOptions calibration =
                new CalibrationOptions(
                        TINY_REASONER.resolve("calibration.txt").toString(), 32, LENGTH, 0L);
        Recipe recipe =
                Recipe.builder().type(type).scaleRefit(refit).calibration(calibration).build();
        return Compression.of(TINY_REASONER).recipe(recipe).writeTo(folder.resolve(name));
    }

    private double divergence(String name) throws IOException {
        return Measurement.of(folder.resolve(name))
                .reference(TINY_REASONER)
                .length(LENGTH)
                .sequences(16)
                .on(Files.readString(TINY_REASONER.resolve("held-out.txt")))
                .comparison()
                .klDivergence();
    }

    private static double firstError(RunRecord record) {
        return record.tensors().stream()
                .filter(tensor -> tensor.name().equals("blk.0.attn_q.weight"))
                .findFirst()
                .orElseThrow()
                .calibrationError();
    }

    /** Measured with 64 sequences: 0.92 of the divergence without for Q4_K, 0.95 for Q4_0. */
    @Test
    void outputsComeNearerToTheOriginals() throws IOException {
        compress("Q4_K", false, "kept.gguf");
        compress("Q4_K", true, "fitted.gguf");
        double kept = divergence("kept.gguf");
        double fitted = divergence("fitted.gguf");
        assertTrue(fitted < kept, fitted + " fitted again, " + kept + " kept");
    }

    /** The first layer's inputs are the same in both runs. */
    @ParameterizedTest
    @ValueSource(strings = {"Q4_0", "IQ2_XXS", "IQ1_M"})
    void theErrorOfALayerFalls(String type) {
        double kept = firstError(compress(type, false, "kept.gguf"));
        double fitted = firstError(compress(type, true, "fitted.gguf"));
        assertTrue(fitted < kept, fitted + " fitted again, " + kept + " kept");
    }

    @Test
    void typesWithoutSuchScalesStayAsTheyAre() throws IOException {
        compress("MXFP4", false, "kept.gguf");
        compress("MXFP4", true, "fitted.gguf");
        assertEquals(
                -1, Files.mismatch(folder.resolve("kept.gguf"), folder.resolve("fitted.gguf")));
    }
}
