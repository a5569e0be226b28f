package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.compress.Compression;
import dev.lathe.device.DType;
import dev.lathe.model.ModelOutputs;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A current llama.cpp predicts with what Lathe writes as Lathe itself does. */
class BuiltLlamaCppTest {
    private static final Path STORIES = Samples.file("stories.txt");
    private static final int LENGTH = 64;
    private static final int WINDOWS = 2;

    /** 16 nats are saved in 65535 steps. */
    private static final double STEP = 16.0 / 65535;

    @TempDir static Path shared;
    @TempDir Path folder;

    @BeforeAll
    static void writeModel() throws IOException {
        BuiltLlamaCpp.programs();
        RandomLlama.write(shared.resolve("model"));
    }

    static List<String> goldenModels() {
        return GoldenModels.NAMES;
    }

    static List<DType> types() {
        return RandomLlama.types();
    }

    @ParameterizedTest
    @MethodSource("goldenModels")
    void modelsOfEveryFamilyPredictTheSame(String name, TestReporter reporter)
            throws IOException, InterruptedException {
        Path gguf = folder.resolve("model.gguf");
        Path source = GoldenModels.model(name);
        Compression.of(source).writeTo(gguf);
        requireSamePredictions(name, gguf, source, GoldenModels.bound(name), reporter);
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyTypePredictsTheSame(DType type, TestReporter reporter)
            throws IOException, InterruptedException {
        Path gguf = RandomLlama.compress(shared.resolve("model"), type, folder);
        requireSamePredictions(type.name(), gguf, gguf, Rounding.bound(type), reporter);
    }

    /** The reference is what Lathe reads: the file, or the folder that it was made of. */
    private void requireSamePredictions(
            String what, Path gguf, Path reference, double bound, TestReporter reporter)
            throws IOException, InterruptedException {
        SavedPredictions theirs = BuiltLlamaCpp.predictions(gguf, STORIES, LENGTH, WINDOWS, folder);
        assertEquals(WINDOWS, theirs.windows().length);
        int[][] windows = windows(reference, STORIES, LENGTH, WINDOWS);
        LogitDifference difference = new LogitDifference();
        for (int w = 0; w < WINDOWS; w++) {
            assertArrayEquals(windows[w], theirs.windows()[w], what);
            float[][] logits = ModelOutputs.of(reference, begun(reference, windows[w])).logits();
            for (int i = 0; i < theirs.rows()[w].length; i++) {
                difference.add(logits[theirs.first() + i], theirs.rows()[w][i]);
            }
        }
        reporter.publishEntry(what, difference.toString());
        assertTrue(difference.count() >= WINDOWS * theirs.rows()[0].length, what);
        double allowed = bound * difference.logitSize() + STEP;
        assertTrue(difference.size() <= allowed, () -> what + ": " + difference);
    }

    /** The text's tokens from its beginning, cut into windows. */
    private static int[][] windows(Path model, Path text, int length, int count)
            throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(model);
                Tokenizer tokenizer = Tokenizer.of(checkpoint)) {
            int[] tokens = tokenizer.encode(Files.readString(text), true, true);
            int[][] windows = new int[count][];
            for (int i = 0; i < count; i++) {
                windows[i] = Arrays.copyOfRange(tokens, i * length, (i + 1) * length);
            }
            return windows;
        }
    }

    /**
     * A window as llama-perplexity feeds it: its first token gives way to a BOS, if there is one.
     */
    private static int[] begun(Path model, int[] window) {
        try (Checkpoint checkpoint = Checkpoint.open(model);
                Tokenizer tokenizer = Tokenizer.of(checkpoint)) {
            int[] tokens = window.clone();
            if (tokenizer.addsBos()) {
                tokens[0] = tokenizer.specialToken(SpecialToken.BOS).orElseThrow();
            }
            return tokens;
        }
    }
}
