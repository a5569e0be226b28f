package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.GgufCheckpoint;
import dev.lathe.checkpoint.GgufFileType;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.checkpoint.GgufWriter;
import dev.lathe.checkpoint.HeaderOnlyGguf;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.checkpoint.TensorSpec;
import dev.lathe.checkpoint.WriteOptions;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import dev.lathe.quantize.Allocation;
import dev.lathe.quantize.Sensitivity;
import dev.lathe.quantize.TensorSensitivity;
import java.io.IOException;
import java.nio.ByteBuffer;
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
        try (Checkpoint written = Checkpoint.open(first)) {
            GgufMetadata metadata = ((GgufCheckpoint) written).metadata();
            assertEquals(GgufFileType.UNNAMED, metadata.integer(GgufFileType.KEY), "several types");
        }
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
        assertEquals(notices, larger.notices(), "all that the user was told");
        assertTrue(larger.allocation().predictedLoss() < record.allocation().predictedLoss());
    }

    @Test
    void otherSettingsOfANamedMeasurementAreTold() throws IOException {
        List<String> notices = new ArrayList<>();
        Path measured = folder.resolve("measured.json");
        compression("qwen2", recipe().bitsPerWeight(6).build(), notices)
                .sensitivity(measured)
                .measureSensitivity(folder.resolve("first.gguf"));
        notices.clear();
        Recipe damped = recipe().bitsPerWeight(6).damping(0.1).build();
        RunRecord record =
                compression("qwen2", damped, notices)
                        .sensitivity(measured)
                        .writeTo(folder.resolve("second.gguf"));
        assertTrue(notices.get(1).contains("measured with other settings"), notices.toString());
        assertTrue(notices.get(1).contains("damping 0.1"), notices.toString());
        assertTrue(record.notices().containsAll(notices), record.notices().toString());
    }

    @Test
    void nothingIsMeasuredWhereTheOutputHasNoPlace() throws IOException {
        Recipe recipe = recipe().bitsPerWeight(6).build();
        Path there = Files.writeString(folder.resolve("there.gguf"), "another file");
        Path nowhere = folder.resolve("missing").resolve("out.gguf");
        for (Path out : List.of(there, nowhere)) {
            Compression compression = compression("qwen2", recipe, new ArrayList<>());
            UsageException refused =
                    assertThrows(UsageException.class, () -> compression.writeTo(out));
            assertTrue(refused.getMessage().startsWith(out.toString()), refused.getMessage());
            assertFalse(Files.exists(SensitivityFile.pathFor(out)));
        }
        Compression apart =
                compression("qwen2", recipe, new ArrayList<>())
                        .sensitivity(folder.resolve("missing").resolve("s.json"));
        List<ProgressEvent> events = new ArrayList<>();
        UsageException refused =
                assertThrows(
                        UsageException.class,
                        () ->
                                apart.listener(events::add)
                                        .measureSensitivity(folder.resolve("out.gguf")));
        assertTrue(refused.getMessage().contains("there is no folder"), refused.getMessage());
        assertEquals(List.of(), events);
    }

    @Test
    void oneMeasurementServesTheOutputsOfAFolder() throws IOException {
        List<String> notices = new ArrayList<>();
        Path first = folder.resolve("first.gguf");
        compression("qwen2", recipe().bitsPerWeight(5.2).build(), notices).writeTo(first);
        Files.writeString(folder.resolve("broken.gguf.sensitivity.json"), "{");
        String baseless =
                Files.readString(SensitivityFile.pathFor(first))
                        .replaceFirst("(?s)\"basis\" : \\{.*?\\}", "\"basis\" : {}");
        Files.writeString(folder.resolve("baseless.gguf.sensitivity.json"), baseless);
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

    /** A source may ask for wider padding, which the output has too. */
    @Test
    void paddingOfTheSourceCounts() throws IOException {
        Path whole = folder.resolve("whole.gguf");
        compression("llama-tied", recipe().type("Q8_0").build(), new ArrayList<>()).writeTo(whole);
        Path wide = folder.resolve("wide.gguf");
        try (Checkpoint source = Checkpoint.open(whole)) {
            GgufMetadata metadata =
                    ((GgufCheckpoint) source)
                            .metadata().toBuilder().putUint32("general.alignment", 1024).build();
            List<TensorSpec> specs =
                    source.tensors().stream()
                            .map(t -> new TensorSpec(t.name(), t.type(), t.shape()))
                            .toList();
            try (GgufWriter writer =
                    GgufWriter.create(wide, metadata, specs, WriteOptions.defaults())) {
                for (TensorInfo tensor : source.tensors()) {
                    ByteBuffer bytes = ByteBuffer.allocate((int) tensor.byteLength());
                    source.read(tensor, 0, bytes);
                    writer.write(writer.tensor(tensor.name()), 0, bytes.flip());
                }
                writer.finish();
            }
        }
        for (double share : new double[] {0.7, 0.8, 0.9}) {
            long size = (long) (share * Files.size(wide));
            Path out = folder.resolve(share + ".gguf");
            Compression.of(wide).recipe(recipe().size(size).build()).threads(1).writeTo(out);
            assertTrue(Files.size(out) <= size, Files.size(out) + " of " + size);
        }
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

    /** Where rules prune some layers, each is measured with its own zeros. */
    @Test
    void sparsityOfRulesIsThatOfTheirTensors() {
        Recipe some =
                recipe().bitsPerWeight(4.6)
                        .rule(new Rule(List.of("down_proj"), null, null, null, 0.5, null))
                        .build();
        Path out = folder.resolve("some.gguf");
        compression("llama-tied", some, new ArrayList<>()).writeTo(out);
        for (TensorSensitivity tensor : Sensitivity.read(SensitivityFile.pathFor(out)).tensors()) {
            boolean pruned = tensor.role().equals("down_proj");
            assertEquals(pruned, !tensor.errors().containsKey("IQ4_NL"), tensor.toString());
        }
        Recipe most =
                recipe().bitsPerWeight(6).sparsity(0.5).rule(Rule.protect("final-layer")).build();
        out = folder.resolve("most.gguf");
        compression("llama-tied", most, new ArrayList<>()).writeTo(out);
        Sensitivity sensitivity = Sensitivity.read(SensitivityFile.pathFor(out));
        int last = sensitivity.tensors().stream().mapToInt(t -> t.layer()).max().orElseThrow();
        for (TensorSensitivity tensor : sensitivity.tensors()) {
            double ratio = tensor.errors().get("Q8_0") / tensor.errors().get("Q4_0");
            // Zeros cost what they cost in any type; bits are all that an unpruned one loses by.
            boolean pruned = tensor.layer() >= 0 && tensor.layer() != last;
            assertTrue(pruned ? ratio > 0.5 : ratio < 0.02, tensor.toString());
        }
        assertTrue(sensitivity.basis().settings().contains("sparsity 0.5 ("));
    }

    @Test
    void rulesThatSelectNothingAreTold() {
        Recipe recipe = recipe().type("Q4_0").rule(Rule.protect("lm_head=Q8_0")).build();
        List<String> notices = new ArrayList<>();
        RunRecord record =
                compression("llama-tied", recipe, notices).writeTo(folder.resolve("a.gguf"));
        String told = "a rule does nothing: this model has no lm_head; its head is the embedding";
        assertTrue(notices.contains(told), notices.toString());
        assertTrue(record.notices().contains(told));
        notices.clear();
        compression("llama-bias", recipe, notices).writeTo(folder.resolve("b.gguf"));
        assertEquals(List.of(), notices.stream().filter(n -> n.contains("rule")).toList());
    }

    /** 896 columns are no whole number of blocks of 256. */
    @Test
    void whatStandsForAllCandidatesIsAllocatedAndTold() {
        Path file =
                HeaderOnlyGguf.decoder("qwen2", 4, 896, 4864, 14, 2, 1000, true)
                        .write(folder.resolve("half.gguf"));
        List<String> candidates = List.of("Q2_K", "Q4_K", "Q6_K");
        try (Model model = Model.open(file)) {
            Recipe recipe = Recipe.builder().bitsPerWeight(7).candidates(candidates).build();
            CompressionPlan plan = CompressionPlan.of(model, Format.GGUF, recipe);
            assertTrue(plan.bitsPerWeight() > 6.5, "a budget is used");
            for (TensorPlan tensor : plan.tensors()) {
                boolean stands = tensor.linearWeight() && tensor.cols() == 896;
                assertEquals(stands, plan.standsForCandidates(tensor), tensor.toString());
                assertEquals(
                        tensor.linearWeight() && !stands,
                        candidates.contains(tensor.storage().name())
                                && tensor.key().role() != TensorRole.EMBEDDING);
            }
        }
    }

    @Test
    void patternsThatNoStepHoldsAreRefused() {
        Path file =
                HeaderOnlyGguf.decoder("llama", 2, 2560, 2560, 20, 4, 1000, true)
                        .write(folder.resolve("wide.gguf"));
        try (Model model = Model.open(file)) {
            Recipe wide = Recipe.builder().pattern("5:10").type("Q4_K").build();
            UsageException refused =
                    assertThrows(
                            UsageException.class,
                            () -> CompressionPlan.of(model, Format.GGUF, wide));
            assertTrue(refused.getMessage().contains("every 1280 columns"), refused.getMessage());
            CompressionPlan.of(
                    model, Format.GGUF, Recipe.builder().pattern("2:4").type("Q4_K").build());
            CompressionPlan.of(
                    model, Format.GGUF, Recipe.builder().pattern("5:10").type("Q4_0").build());
        }
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
