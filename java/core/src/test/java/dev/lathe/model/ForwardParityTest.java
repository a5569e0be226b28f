package dev.lathe.model;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.TensorValues;
import dev.lathe.device.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Logits against those of transformers in F32 with eager attention. The bound is the one that the
 * project promises, 1e-3; both sides round to F32 after sums of at most a few thousand terms, so
 * they differ by about 1e-5 of the greatest logit.
 */
class ForwardParityTest {
    private static final double BOUND = 1e-3;
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @ParameterizedTest
    @ValueSource(
            strings = {"llama-tied", "llama-head", "llama-bias", "llama-rope", "qwen2", "qwen3"})
    void tinyModelsGiveTheLogitsOfTransformers(String name) {
        Path folder = GOLDEN.resolve("logits").resolve(name);
        try (Device device = Device.open("cpu", 2);
                Model model = Model.open(folder.resolve("model"));
                Checkpoint golden = Checkpoint.open(folder.resolve("logits.safetensors"))) {
            for (int i = 0; i < 2; i++) {
                int[] tokens = TensorValues.ints(golden, "tokens_" + i);
                float[][] found = ModelOutputs.of(device, model, tokens).logits();
                float[] expected = TensorValues.floats(golden, "logits_" + i);
                for (int j = 0; j < found.length; j++) {
                    assertClose(name + " text " + i, row(expected, j, found[j].length), found[j]);
                }
            }
        }
    }

    @Test
    void smolLm2GivesTheLogitsOfTransformers() {
        String models = System.getenv("LATHE_MODELS");
        assumeTrue(models != null, "LATHE_MODELS names no folder of models");
        Path file = Path.of(models, "SmolLM2-135M-Instruct.Q4_1.gguf");
        assumeTrue(Files.exists(file), file + " is not there");
        try (Device device = Device.open("cpu", 2);
                Model model = Model.open(file);
                Checkpoint golden =
                        Checkpoint.open(
                                GOLDEN.resolve("smollm2_logits/smollm2_logits.safetensors"))) {
            float[][] all =
                    ModelOutputs.of(device, model, TensorValues.ints(golden, "tokens")).logits();
            int vocabulary = model.config().vocabularySize();
            float[] expected = TensorValues.floats(golden, "logits");
            int[] positions = TensorValues.ints(golden, "positions");
            for (int i = 0; i < positions.length; i++) {
                assertClose(
                        "position " + positions[i],
                        row(expected, i, vocabulary),
                        all[positions[i]]);
            }
        }
    }

    private static float[] row(float[] matrix, int row, int cols) {
        return Arrays.copyOfRange(matrix, row * cols, (row + 1) * cols);
    }

    private static void assertClose(String what, float[] expected, float[] found) {
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, Math.abs(expected[i] - found[i]));
        }
        assertTrue(worst <= BOUND, what + ": greatest difference of a logit " + worst);
    }
}
