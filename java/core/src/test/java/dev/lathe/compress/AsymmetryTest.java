package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.measure.Measurement;
import dev.lathe.quantize.Feedback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that make up for changed inputs, on the tiny reasoner and on text it has not seen. */
class AsymmetryTest {
    private static final Path TINY_REASONER = Path.of("../../examples/tiny-reasoner");
    private static final int LENGTH = 256;

    @TempDir Path folder;

    private static RecipeBuilder recipe(String what) {
        RecipeBuilder recipe =
                Recipe.builder()
                        .calibration(
                                new CalibrationOptions(
                                        TINY_REASONER.resolve("calibration.txt").toString(),
                                        16,
                                        LENGTH,
                                        0L));
        return what.equals("pruned") ? recipe.sparsity(0.7) : recipe.type(what);
    }

    private double divergence(Recipe recipe, String name) throws IOException {
        Path output = folder.resolve(name);
        Compression.of(TINY_REASONER).recipe(recipe).writeTo(output);
        return Measurement.of(output)
                .reference(TINY_REASONER)
                .length(LENGTH)
                .sequences(16)
                .on(Files.readString(TINY_REASONER.resolve("held-out.txt")))
                .comparison()
                .klDivergence();
    }

    /** Measured: 0.6 to 0.7 of the divergence without. */
    @ParameterizedTest
    @ValueSource(strings = {"Q2_K", "pruned"})
    void outputsComeNearerToTheOriginals(String what) throws IOException {
        double without = divergence(recipe(what).asymmetry(0).build(), "without.gguf");
        double with = divergence(recipe(what).asymmetry(1).build(), "with.gguf");
        assertTrue(with < 0.85 * without, with + " with, " + without + " without");
    }

    @Test
    void whatHasNoFeedbackHasNoneOfThisEither() throws IOException {
        RecipeBuilder rounded = recipe("Q4_0").feedback(Feedback.NONE);
        Path first = folder.resolve("first.gguf");
        Path second = folder.resolve("second.gguf");
        Compression.of(TINY_REASONER).recipe(rounded.asymmetry(1).build()).writeTo(first);
        Compression.of(TINY_REASONER).recipe(rounded.asymmetry(0).build()).writeTo(second);
        assertEquals(-1, Files.mismatch(first, second));
    }
}
