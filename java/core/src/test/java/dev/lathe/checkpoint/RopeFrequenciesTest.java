package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.DataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RopeFrequenciesTest {
    private static final RopeScaling LLAMA_31 = new RopeScaling.Llama3(8, 1, 4, 8192);

    private static ModelConfig config(int headSize, double theta, RopeScaling scaling) {
        return ModelConfigs.withRope(
                ModelFamily.LLAMA, headSize, headSize, theta, Optional.ofNullable(scaling));
    }

    /**
     * Values of transformers 5.23 for Llama 3.1 8B. They are powers and quotients in F32, each good
     * to some units in the last place: 17 * 2^-24 = 1e-6 relative (see the class).
     */
    @Test
    void llama31MatchesTransformers() {
        int[] indices = {0, 1, 28, 29, 30, 32, 35, 36, 63};
        double[] expected = {
            1.0,
            0.8146172165870667,
            0.0032114461064338684,
            0.0021665706299245358,
            0.0013718936825171113,
            0.0005248460220173001,
            9.556212171446532e-05,
            7.784655463183299e-05,
            3.068925877869333e-07
        };
        float[] found = RopeFrequencies.inverse(config(128, 500000, LLAMA_31));
        assertEquals(64, found.length);
        for (int i = 0; i < indices.length; i++) {
            assertEquals(expected[i], found[indices[i]], 1e-6 * expected[i]);
        }
    }

    @Test
    void linearAndNoScalingMatchTheFormula() {
        float[] plain = RopeFrequencies.inverse(config(8, 10000, null));
        assertArrayEquals(new float[] {1f, 0.1f, 0.01f, 0.001f}, plain, 1e-9f);
        float[] linear = RopeFrequencies.inverse(config(8, 10000, new RopeScaling.Linear(4)));
        assertArrayEquals(new float[] {0.25f, 0.025f, 0.0025f, 0.00025f}, linear, 1e-9f);
    }

    @Test
    void onlyTheRotatedPartOfAHeadCounts() {
        ModelConfig partial =
                ModelConfigs.withRope(ModelFamily.QWEN2, 16, 8, 10000, Optional.empty());
        assertArrayEquals(
                new float[] {1f, 0.1f, 0.01f, 0.001f}, RopeFrequencies.inverse(partial), 1e-9f);
    }

    @Test
    void factorsAreThereForLlama3Alone() {
        assertTrue(RopeFrequencies.factors(config(8, 10000, null)).isEmpty());
        assertTrue(RopeFrequencies.factors(config(8, 10000, new RopeScaling.Linear(2))).isEmpty());
        float[] factors = RopeFrequencies.factors(config(128, 500000, LLAMA_31)).orElseThrow();
        assertEquals(1f, factors[28]);
        assertEquals(1.2074839f, factors[29], 2e-6f);
        assertEquals(8f, factors[63]);
    }

    @ParameterizedTest
    @CsvSource({
        "128, 500000, 8, 1, 4, 8192",
        "64, 500000, 32, 1, 4, 8192",
        "16, 500000, 8, 1, 4, 64",
        "128, 1000000, 16, 1, 4, 32768",
        "128, 500000, 2.7, 1, 4, 4096",
        "96, 10000, 4, 1, 8, 2048",
        "128, 500000, 8, 1, 6.5, 5000",
        "256, 10000, 40, 1, 3, 777"
    })
    void factorsTellTheirRule(
            int headSize, double theta, double factor, double low, double high, int original) {
        RopeScaling rule = new RopeScaling.Llama3(factor, low, high, original);
        float[] factors = RopeFrequencies.factors(config(headSize, theta, rule)).orElseThrow();
        assertEquals(Optional.of(rule), RopeFrequencies.scalingOf(factors, theta, "here"));
    }

    /** Doubling low, high and original is the same rule; it comes back with low = 1. */
    @Test
    void equivalentRuleIsNormalised() {
        RopeScaling rule = new RopeScaling.Llama3(8, 2, 8, 16384);
        float[] factors = RopeFrequencies.factors(config(128, 500000, rule)).orElseThrow();
        assertEquals(Optional.of(LLAMA_31), RopeFrequencies.scalingOf(factors, 500000, "here"));
    }

    @Test
    void ruleIsFoundWhereNoWaveLiesBetweenTheBounds() {
        // The wavelengths are 6.28 and 628, the bounds 128 and 512.
        RopeScaling rule = new RopeScaling.Llama3(4, 1, 4, 512);
        ModelConfig config = config(4, 10000, rule);
        float[] factors = RopeFrequencies.factors(config).orElseThrow();
        assertArrayEquals(new float[] {1, 4}, factors);
        RopeScaling found = RopeFrequencies.scalingOf(factors, 10000, "here").orElseThrow();
        assertArrayEquals(factors, RopeFrequencies.factors(config(4, 10000, found)).orElseThrow());
    }

    @Test
    void factorsOfOneMeanNoScaling() {
        assertEquals(
                Optional.empty(), RopeFrequencies.scalingOf(new float[] {1, 1, 1}, 10000, "here"));
    }

    @Test
    void factorsWithoutARuleAreRefused() {
        for (float[] factors :
                new float[][] {
                    {1, 2, 3, 4, 5, 6, 7, 8},
                    {8, 1, 1, 1, 1, 1, 1, 1},
                    {1, 0.5f, 1, 1},
                    {1, Float.NaN, 1, 1},
                    {1, 1, Float.POSITIVE_INFINITY, 1}
                }) {
            DataException failure =
                    assertThrows(
                            DataException.class,
                            () -> RopeFrequencies.scalingOf(factors, 10000, "f.gguf: tensor 't'"));
            assertTrue(failure.getMessage().startsWith("f.gguf: tensor 't'"));
        }
    }

    /** A factor that is off by one part in ten thousand is no rounding any more. */
    @Test
    void slightlyWrongFactorIsRefused() {
        float[] factors = RopeFrequencies.factors(config(128, 500000, LLAMA_31)).orElseThrow();
        factors[30] *= 1.0001f;
        assertThrows(DataException.class, () -> RopeFrequencies.scalingOf(factors, 500000, "here"));
    }

    /** The factors that transformers implies: unscaled by scaled frequency, both in F32. */
    @ParameterizedTest
    @CsvSource({"64, 500000, 32, 8192", "128, 500000, 8, 8192", "16, 500000, 8, 64"})
    void agreesWithTransformers(
            int headSize, double theta, double factor, int original, @TempDir Path folder)
            throws IOException, InterruptedException {
        String printed =
                Python.run(
                        "transformers, torch",
                        folder,
                        """
                        import json, sys, torch
                        from transformers import LlamaConfig
                        from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
                        size, theta, factor, original = (float(a) for a in sys.argv[1:])
                        size, original = int(size), int(original)
                        config = LlamaConfig(
                            hidden_size=4 * size, num_attention_heads=4, head_dim=size,
                            max_position_embeddings=131072, rope_theta=theta,
                            rope_scaling={"rope_type": "llama3", "factor": factor,
                                          "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                          "original_max_position_embeddings": original})
                        scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
                        plain = 1.0 / (theta ** (torch.arange(0, size, 2).float() / size))
                        print(json.dumps([scaled.tolist(), (plain / scaled).tolist()]))
                        """,
                        headSize,
                        theta,
                        factor,
                        original);
        JsonNode found = new ObjectMapper().readTree(printed);
        RopeScaling rule = new RopeScaling.Llama3(factor, 1, 4, original);
        float[] inverse = RopeFrequencies.inverse(config(headSize, theta, rule));
        float[] theirFactors = new float[inverse.length];
        for (int i = 0; i < inverse.length; i++) {
            double expected = found.get(0).get(i).doubleValue();
            // In the smooth part the error of a frequency, 20 * 2^-24, enters up to factor times.
            assertEquals(expected, inverse[i], expected * factor * 20 * 0x1p-24);
            theirFactors[i] = (float) found.get(1).get(i).doubleValue();
        }
        // Where nothing is scaled, a quotient may round to just below 1, which no writer of GGUF
        // does.
        for (int i = 0; i < theirFactors.length; i++) {
            theirFactors[i] = Math.max(1, theirFactors[i]);
        }
        assertEquals(Optional.of(rule), RopeFrequencies.scalingOf(theirFactors, theta, "here"));
    }
}
