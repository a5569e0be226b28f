package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.HeaderOnlyGguf;
import dev.lathe.checkpoint.ModelFamily;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PresetTest {
    @TempDir Path folder;

    private CompressionPlan plan(HeaderOnlyGguf header, Recipe recipe) {
        Path file = header.write(folder.resolve("model.gguf"));
        try (Model model = Model.open(file)) {
            return CompressionPlan.of(model, Format.GGUF, recipe);
        }
    }

    /**
     * Published as 131, 158, 183 and 212 "GB", in units of 2^30 bytes: llama.cpp prints 130.60 GiB
     * for the first file and 211.03 GiB for the last. (The weights of the experts alone take 127.7
     * GB in the type of the first, so that 131 · 10^9 bytes would leave 1.5 bits for all the rest.)
     */
    @ParameterizedTest
    @CsvSource({"r1-1.58, 131", "r1-1.73, 158", "r1-2.22, 183", "r1-2.51, 212"})
    void sizesOfR1AreThePublishedOnes(String preset, int published) {
        Path file = HeaderOnlyGguf.deepSeekR1().write(folder.resolve("r1.gguf"));
        Recipe recipe = Recipe.builder().preset(preset).build();
        Estimate estimate =
                Compression.of(file).recipe(recipe).memory(1L << 50).plan(folder.resolve("o.gguf"));
        double gibibytes = (double) estimate.plan().outputBytes() / (1 << 30);
        assertEquals(published, gibibytes, 0.02 * published, preset);
        assertTrue(estimate.plan().allocation().isEmpty());
    }

    /** llama.cpp's loader counts 171 of Q2_K, 3 of Q3_K and 184 of Q6_K in the published file. */
    @Test
    void theLargestMixHasThePublishedNumbersOfTensors() {
        CompressionPlan plan =
                plan(HeaderOnlyGguf.deepSeekR1(), Recipe.builder().preset("r1-2.51").build());
        Map<String, Integer> counts = new HashMap<>();
        plan.outputs().forEach(spec -> counts.merge(spec.type().name(), 1, Integer::sum));
        assertEquals(171, counts.get("Q2_K"));
        assertEquals(3, counts.get("Q3_K"));
        assertEquals(184, counts.get("Q6_K"));
        // The published file holds keys and values of heads in one tensor (306); llama.cpp's
        // converter
        // writes two since, and rows of 128 of the keys fit no super-block.
        assertEquals(306, counts.get("Q4_K"));
        assertEquals(61, counts.get("Q5_0"));
    }

    @Test
    void onOtherModelsTheyMeanTheSameAverageBits() {
        HeaderOnlyGguf llama =
                HeaderOnlyGguf.decoder("llama", 32, 4096, 14336, 32, 8, 128256, false);
        Recipe recipe =
                Preset.resolve(Recipe.builder().preset("r1-2.51").build(), ModelFamily.LLAMA);
        assertEquals(2.51, recipe.bitsPerWeight());
        assertTrue(recipe.rules().isEmpty());
        DType smallest = DType.of("IQ1_S").encodable() ? DType.of("IQ1_S") : DType.of("Q2_K");
        Recipe asked = Recipe.builder().preset("r1-2.51").build();
        if (smallest.bitsPerWeight() > 2.51) {
            UsageException refused = assertThrows(UsageException.class, () -> plan(llama, asked));
            assertTrue(refused.getMessage().contains("2.6250"), refused.getMessage());
        } else {
            double bits = plan(llama, asked).bitsPerWeight();
            assertTrue(bits <= 2.51 && bits >= 0.995 * 2.51, "" + bits);
        }
    }

    @Test
    void reasoningKeepsTheFinalBlockPreciseWithinABudget() {
        HeaderOnlyGguf llama =
                HeaderOnlyGguf.decoder("llama", 32, 4096, 14336, 32, 8, 128256, false);
        Recipe recipe = Recipe.builder().preset("reasoning").bitsPerWeight(3.5).build();
        CompressionPlan plan = plan(llama, recipe);
        assertTrue(plan.bitsPerWeight() <= 3.5 && plan.bitsPerWeight() >= 0.995 * 3.5);
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.linearWeight() && tensor.key().layer() == 31) {
                boolean gate = List.of("gate_proj", "up_proj").contains(tensor.key().role().id());
                assertEquals(gate ? "Q8_0" : "Q6_K", tensor.storage().name());
            }
        }
    }

    @Test
    void presetsThatMeetOtherTargetsAreRefused() {
        Recipe both = Recipe.builder().preset("r1-1.58").size(1L << 40).build();
        assertThrows(UsageException.class, () -> Preset.resolve(both, ModelFamily.DEEPSEEK));
        assertThrows(UsageException.class, () -> Preset.resolve(both, ModelFamily.LLAMA));
        RecipeBuilder unknown = Recipe.builder().preset("r1-9");
        UsageException refused = assertThrows(UsageException.class, unknown::build);
        assertTrue(refused.getMessage().contains("reasoning"), refused.getMessage());
    }
}
