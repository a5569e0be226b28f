package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.HeaderOnlyGguf;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import dev.lathe.quantize.Allocation;
import dev.lathe.quantize.Sensitivity;
import dev.lathe.quantize.TensorSensitivity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TypeAllocationTest {
    private static final Path MODELS = Path.of("src/test/resources/golden/logits");

    @TempDir Path folder;
    private Path text;

    @BeforeEach
    void writeText() throws IOException {
        text = folder.resolve("text.txt");
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            words.append("word ").append(i * 7919 % 1000).append(i % 11 == 0 ? ".\n" : ", ");
        }
        Files.writeString(text, words);
    }

    private RecipeBuilder recipe() {
        return Recipe.builder().calibration(new CalibrationOptions(text.toString(), 8, 64, 1L));
    }

    private static Compression compression(String model, Recipe recipe, List<String> notices) {
        return Compression.of(MODELS.resolve(model).resolve("model"))
                .recipe(recipe)
                .threads(1)
                .listener(
                        event -> {
                            if (event instanceof ProgressEvent.Notice notice) {
                                notices.add(notice.message());
                            }
                        });
    }

    @Test
    void bitsPerWeightAreNeverPassed() throws IOException {
        List<String> notices = new ArrayList<>();
        Path first = folder.resolve("first.gguf");
        Recipe recipe = recipe().bitsPerWeight(5.2).build();
        RunRecord record = compression("qwen2", recipe, notices).writeTo(first);
        assertTrue(record.bitsPerWeight() <= 5.2, record.toJson());
        // The smallest step of the smallest tensor of this tiny model is a percent of the budget.
        assertTrue(record.bitsPerWeight() >= 5.2 * 0.98, record.toJson());
        assertTrue(record.allocation().bytes() <= record.allocation().budgetBytes());
        assertTrue(record.allocation().predictedLoss() > 0);
        Path measured = SensitivityFile.pathFor(first);
        Sensitivity sensitivity = Sensitivity.read(measured);
        assertTrue(sensitivity.measured());
        for (TensorSensitivity tensor : sensitivity.tensors()) {
            assertTrue(tensor.errorsMeasured());
            assertTrue(tensor.sensitivityMeasured(), "two blocks are all measured");
            assertTrue(tensor.sensitivity() > 0, tensor.role());
            assertTrue(
                    tensor.errors().get("Q8_0") < tensor.errors().get("Q4_0") / 50,
                    tensor.toString());
        }
        // The same measurement again gives the same bytes, and serves another budget.
        Path second = Files.createDirectory(folder.resolve("apart")).resolve("second.gguf");
        compression("qwen2", recipe, notices).writeTo(second);
        assertEquals(-1, Files.mismatch(measured, SensitivityFile.pathFor(second)));
        assertEquals(-1, Files.mismatch(first, second));
        notices.clear();
        Recipe other = recipe().bitsPerWeight(6).build();
        RunRecord larger =
                compression("qwen2", other, notices)
                        .sensitivity(measured)
                        .writeTo(folder.resolve("larger.gguf"));
        assertTrue(notices.get(0).contains("taken from"), notices.toString());
        assertTrue(larger.allocation().predictedLoss() < record.allocation().predictedLoss());
    }

    @Test
    void oneMeasurementServesTheOutputsOfAFolder() throws IOException {
        List<String> notices = new ArrayList<>();
        Path first = folder.resolve("first.gguf");
        compression("qwen2", recipe().bitsPerWeight(5.2).build(), notices).writeTo(first);
        Files.writeString(folder.resolve("broken.gguf.sensitivity.json"), "{");
        notices.clear();
        Path second = folder.resolve("second.gguf");
        compression("qwen2", recipe().bitsPerWeight(6).build(), notices).writeTo(second);
        assertTrue(notices.get(0).endsWith("taken from " + SensitivityFile.pathFor(first)));
        assertEquals(
                -1,
                Files.mismatch(SensitivityFile.pathFor(first), SensitivityFile.pathFor(second)));
        // Other settings are another measurement.
        notices.clear();
        Recipe damped = recipe().bitsPerWeight(6).damping(0.1).build();
        compression("qwen2", damped, notices).writeTo(folder.resolve("third.gguf"));
        assertTrue(notices.get(0).contains("measured, written to"), notices.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-tied", "llama-head"})
    void filesAreNeverLargerThanAsked(String model) throws IOException {
        Path file = folder.resolve("out.gguf");
        Path whole = folder.resolve("whole.gguf");
        compression(model, recipe().type("Q5_0").build(), new ArrayList<>()).writeTo(whole);
        long size = Files.size(whole);
        RunRecord record =
                compression(model, recipe().size(size).build(), new ArrayList<>()).writeTo(file);
        assertTrue(Files.size(file) <= size);
        assertTrue(Files.size(file) >= 0.97 * size, Files.size(file) + " of " + size);
        Estimate estimate =
                compression(model, recipe().size(size).build(), new ArrayList<>()).plan(file);
        assertTrue(estimate.plan().allocation().orElseThrow().measured());
        assertEquals(
                record.allocation().predictedLoss(),
                estimate.plan().allocation().orElseThrow().loss());
    }

    @Test
    void targetsOutOfReachNameTheSmallest() {
        for (RecipeBuilder builder : List.of(recipe().bitsPerWeight(1.2), recipe().size(20000))) {
            Compression compression = compression("qwen2", builder.build(), new ArrayList<>());
            Path out = folder.resolve("out.gguf");
            UsageException refused =
                    assertThrows(UsageException.class, () -> compression.writeTo(out));
            assertFalse(Files.exists(SensitivityFile.pathFor(out)), "refused before measuring");
            Matcher bits = Pattern.compile("give ([0-9.]+) bits").matcher(refused.getMessage());
            Matcher bytes = Pattern.compile("\\(([0-9]+) bytes").matcher(refused.getMessage());
            if (bits.find()) {
                builder.bitsPerWeight(Double.parseDouble(bits.group(1)));
            } else {
                assertTrue(bytes.find(), refused.getMessage());
                builder.size(Long.parseLong(bytes.group(1)));
            }
            compression("qwen2", builder.build(), new ArrayList<>()).plan(out);
        }
    }

    @Test
    void rulesAreConstraints() {
        Recipe recipe = recipe().bitsPerWeight(7).rule(Rule.protect("final-layer=Q8_0")).build();
        Estimate estimate =
                compression("llama-tied", recipe, new ArrayList<>()).plan(folder.resolve("a.gguf"));
        Allocation allocation = estimate.plan().allocation().orElseThrow();
        int last = allocation.tensors().stream().mapToInt(t -> t.key().layer()).max().orElseThrow();
        for (Allocation.Assigned tensor : allocation.tensors()) {
            assertEquals(tensor.key().layer() == last, tensor.fixed());
            if (tensor.fixed()) {
                assertEquals("Q8_0", tensor.type().name());
            }
        }
        assertTrue(estimate.plan().bitsPerWeight() <= 7);
        assertFalse(allocation.measured());
    }

    @Test
    void sparsityLeavesOutTypesWithoutZeros() {
        Recipe recipe = recipe().bitsPerWeight(4.6).sparsity(0.5).build();
        for (Allocation.Assigned tensor :
                compression("llama-tied", recipe, new ArrayList<>())
                        .plan(folder.resolve("a.gguf"))
                        .plan()
                        .allocation()
                        .orElseThrow()
                        .tensors()) {
            assertTrue(tensor.type().exactZero(), tensor.toString());
        }
        Recipe none =
                recipe().bitsPerWeight(4.6).sparsity(0.5).candidates(List.of("IQ4_NL")).build();
        Compression compression = compression("llama-tied", none, new ArrayList<>());
        UsageException refused =
                assertThrows(
                        UsageException.class, () -> compression.plan(folder.resolve("a.gguf")));
        assertTrue(refused.getMessage().contains("exact zero"), refused.getMessage());
    }

    /** Sizes of real models come within half a percent of what is asked for, never above. */
    @Test
    void sizesOfRealShapesComeWithinHalfAPercent() {
        Path file =
                HeaderOnlyGguf.decoder("llama", 32, 4096, 14336, 32, 8, 128256, false)
                        .write(folder.resolve("8b.gguf"));
        try (Model model = Model.open(file)) {
            for (double gigabytes : new double[] {3.2, 4, 5.5, 8}) {
                long size = Math.round(gigabytes * 1e9);
                CompressionPlan plan =
                        CompressionPlan.of(model, Format.GGUF, Recipe.builder().size(size).build());
                long bytes = OutputFiles.fileSize(model, plan);
                assertTrue(bytes <= size && bytes >= 0.995 * size, bytes + " of " + size);
            }
            double previous = Double.POSITIVE_INFINITY;
            for (double bits : new double[] {2.7, 3.3, 4.01, 5, 6.5}) {
                CompressionPlan plan =
                        CompressionPlan.of(
                                model, Format.GGUF, Recipe.builder().bitsPerWeight(bits).build());
                assertTrue(plan.bitsPerWeight() <= bits && plan.bitsPerWeight() >= 0.995 * bits);
                double loss = plan.allocation().orElseThrow().loss();
                assertTrue(loss < previous);
                previous = loss;
            }
        }
    }

    @Test
    void budgetsExcludeOtherTargets() {
        assertThrows(
                UsageException.class,
                () ->
                        new Recipe(
                                null, null, null, "Q4_0", null, 4.5, null, null, null, null, null,
                                null, null, null, null, null, null, null, null, null, null));
        Recipe recipe = Recipe.builder().type("Q4_0").size(5).bitsPerWeight(4).build();
        assertEquals(4, recipe.bitsPerWeight());
        assertNotEquals(DType.of("Q4_0").name(), recipe.type());
    }

    @Test
    void recipesReadSizes() throws IOException {
        Path file = Files.writeString(folder.resolve("r.yaml"), "size: 3.2g\n");
        assertEquals(3_200_000_000L, Recipe.read(file).size());
        Files.writeString(file, "size: 650\n");
        assertEquals(650, Recipe.read(file).size());
        Files.writeString(file, "size: many\n");
        UsageException refused = assertThrows(UsageException.class, () -> Recipe.read(file));
        assertTrue(refused.getMessage().contains("is no size"), refused.getMessage());
        assertEquals(1610612736, FileSize.parse("1.5 GiB"));
        assertEquals("131.2 GB", FileSize.text(131_234_567_890L));
    }
}
