package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.Python;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RunRecord;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Python packages that need no PyTorch read what Lathe writes. */
class PythonReadersTest {
    private static final String ENCODE =
            """
            import json, sys
            from tokenizers import Tokenizer
            tokenizer = Tokenizer.from_file(sys.argv[1])
            texts = json.load(open(sys.argv[2], encoding="utf-8"))
            print(json.dumps([tokenizer.encode(text).ids for text in texts]))
            """;

    /** Matrices of a block: q, k, v, o, gate, up and down. */
    private static final int LINEAR_LAYERS = 7;

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir Path folder;

    @BeforeAll
    static void requireInterpreter() {
        Python.interpreter(Python.READERS);
    }

    static List<String> goldenModels() {
        return GoldenModels.NAMES;
    }

    @ParameterizedTest
    @MethodSource("goldenModels")
    void tokenizersMadeFromGgufFilesEncodeAlike(String name)
            throws IOException, InterruptedException {
        Path gguf = folder.resolve(name + ".gguf");
        Compression.of(GoldenModels.model(name)).writeTo(gguf);
        assertEncodesAlike(gguf, GoldenModels.texts());
    }

    @Test
    void theTokenizerOfSmolLm2EncodesAlike() throws IOException, InterruptedException {
        List<String> texts = new ArrayList<>(GoldenModels.texts());
        for (Path sample : Samples.all()) {
            texts.addAll(Files.readAllLines(sample));
        }
        assertEncodesAlike(SmolLm2.source(), texts);
    }

    private void assertEncodesAlike(Path gguf, List<String> texts)
            throws IOException, InterruptedException {
        Path output = folder.resolve("folder");
        Compression.of(gguf).writeTo(output);
        Path file = folder.resolve("texts.json");
        JSON.writeValue(file.toFile(), texts);
        Path written = output.resolve("tokenizer.json");
        int[][] ids =
                JSON.readValue(
                        Python.run("tokenizers", folder, ENCODE, written, file), int[][].class);
        assertEquals(texts.size(), ids.length);
        try (Checkpoint checkpoint = Checkpoint.open(gguf);
                Tokenizer tokenizer = Tokenizer.of(checkpoint)) {
            for (int i = 0; i < ids.length; i++) {
                assertArrayEquals(ids[i], tokenizer.encode(texts.get(i), true, true), texts.get(i));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pruned.gguf", "pruned"})
    void prunedOutputsAreSound(String name) throws IOException, InterruptedException {
        Path output = folder.resolve(name);
        Recipe recipe =
                Recipe.builder()
                        .sparsity(0.5)
                        .calibration(new CalibrationOptions(null, 8, 64, 1L))
                        .build();
        RunRecord record =
                Compression.of(GoldenModels.model("llama-rope")).recipe(recipe).writeTo(output);
        assertSound(output, record.tensors().size(), 2 * LINEAR_LAYERS);
    }

    @Test
    void prunedSmolLm2IsSound() throws IOException, InterruptedException {
        assertSound(SmolLm2.pruned(), 272, 30 * LINEAR_LAYERS);
    }

    /**
     * The reader compares checksums, types and shapes of every tensor with the record, and the
     * zeros of those that were pruned.
     */
    private void assertSound(Path output, int tensors, int pruned)
            throws IOException, InterruptedException {
        String report =
                Python.module(
                        Python.READERS,
                        "numpy,gguf,safetensors",
                        folder,
                        "lathe_interop",
                        "verify",
                        output);
        assertTrue(report.contains("sound (" + tensors + " tensors read"), report);
        assertTrue(report.endsWith(pruned + " zero counts compared)"), report);
    }
}
