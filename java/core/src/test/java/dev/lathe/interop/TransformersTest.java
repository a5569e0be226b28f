package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.Python;
import dev.lathe.checkpoint.TensorValues;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.model.ModelOutputs;
import dev.lathe.tokenizer.Message;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * transformers loads the folders that Lathe writes and computes the same logits from them. Both
 * sides widen the stored weights to F32 and compute in F32; the bound is the one that the project
 * promises.
 */
class TransformersTest {
    private static final double BOUND = 1e-3;
    private static final String PACKAGES = "torch,transformers,safetensors";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<Message> MESSAGES =
            List.of(
                    new Message("user", "Größe?"),
                    new Message("assistant", "1.80 m."),
                    new Message("user", "ping"));

    @TempDir Path folder;

    @BeforeAll
    static void requireInterpreter() {
        Python.interpreter(Python.TORCH);
    }

    @Test
    void foldersMadeFromGgufFilesLoad(TestReporter reporter)
            throws IOException, InterruptedException {
        List<Path> folders = new ArrayList<>();
        for (String name : GoldenModels.NAMES) {
            Path gguf = folder.resolve(name + ".gguf");
            Compression.of(GoldenModels.model(name)).writeTo(gguf);
            folders.add(folder.resolve(name));
            Compression.of(gguf).writeTo(folder.resolve(name));
        }
        int[] tokens = IntStream.range(0, 40).map(i -> i * 37 % 296).toArray();
        check(folders, tokens, reporter);
    }

    @Test
    void prunedAndQuantizedFoldersLoad(TestReporter reporter)
            throws IOException, InterruptedException {
        Recipe recipe =
                Recipe.builder()
                        .sparsity(0.5)
                        .type("Q4_0")
                        .calibration(new CalibrationOptions(null, 8, 64, 1L))
                        .build();
        List<Path> folders = new ArrayList<>();
        for (String name : List.of("llama-rope", "qwen3")) {
            folders.add(folder.resolve(name));
            Compression.of(GoldenModels.model(name)).recipe(recipe).writeTo(folder.resolve(name));
        }
        int[] tokens = IntStream.range(0, 40).map(i -> i * 37 % 296).toArray();
        check(folders, tokens, reporter);
    }

    @Test
    void prunedSmolLm2Loads(TestReporter reporter) throws IOException, InterruptedException {
        Path output = folder.resolve("smollm2");
        Compression.of(SmolLm2.pruned()).writeTo(output);
        int[] tokens;
        try (Checkpoint checkpoint = Checkpoint.open(output);
                Tokenizer tokenizer = Tokenizer.of(checkpoint)) {
            tokens =
                    tokenizer.encode(
                            "The lathe is a machine tool that rotates a workpiece about an axis.",
                            true);
        }
        check(List.of(output), tokens, reporter);
    }

    private void check(List<Path> folders, int[] tokens, TestReporter reporter)
            throws IOException, InterruptedException {
        Path request = folder.resolve("request.json");
        Path results = folder.resolve("results");
        List<String> texts = GoldenModels.texts();
        JSON.writeValue(
                request.toFile(),
                Map.of("tokens", List.of(tokens), "texts", texts, "messages", MESSAGES));
        List<Object> arguments = new ArrayList<>(folders);
        arguments.addAll(List.of("--request", request, "--out", results));
        Python.module(
                Python.TORCH, PACKAGES, folder, "lathe_interop.check_folder", arguments.toArray());
        for (Path checked : folders) {
            Path result = results.resolve(checked.getFileName());
            double worst = logitDifference(checked, tokens, result);
            reporter.publishEntry(checked.getFileName().toString(), "max |Δlogit| " + worst);
            assertTrue(worst <= BOUND, checked + ": a logit differs by " + worst);
            assertSameTokenizer(
                    checked, texts, JSON.readTree(result.resolve("result.json").toFile()));
        }
    }

    private static double logitDifference(Path checked, int[] tokens, Path result) {
        float[][] ours = ModelOutputs.of(checked, tokens).logits();
        float[] theirs;
        try (Checkpoint logits = Checkpoint.open(result.resolve("logits.safetensors"))) {
            theirs = TensorValues.floats(logits, "logits_0");
        }
        int vocabulary = ours[0].length;
        assertEquals(tokens.length * vocabulary, theirs.length);
        double worst = 0;
        for (int i = 0; i < theirs.length; i++) {
            worst = Math.max(worst, Math.abs(theirs[i] - ours[i / vocabulary][i % vocabulary]));
        }
        return worst;
    }

    private static void assertSameTokenizer(Path checked, List<String> texts, JsonNode result) {
        assertEquals(0, result.get("missing").size(), result.toString());
        assertEquals(0, result.get("unexpected").size(), result.toString());
        try (Checkpoint checkpoint = Checkpoint.open(checked);
                Tokenizer tokenizer = Tokenizer.of(checkpoint)) {
            for (int i = 0; i < texts.size(); i++) {
                int[] ids = JSON.convertValue(result.get("ids").get(i), int[].class);
                int[] ours = tokenizer.encode(texts.get(i), true, true);
                assertArrayEquals(ids, ours, checked + ": " + texts.get(i));
            }
            String rendered = tokenizer.chatTemplate().orElseThrow().render(MESSAGES, true);
            assertEquals(result.get("rendered").asText(), rendered, checked.toString());
            assertEquals(id(result.get("bos")), tokenizer.specialToken(SpecialToken.BOS));
            assertEquals(id(result.get("eos")), tokenizer.specialToken(SpecialToken.EOS));
        }
    }

    private static OptionalInt id(JsonNode value) {
        return value.isNull() ? OptionalInt.empty() : OptionalInt.of(value.asInt());
    }
}
