package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lathe.calibrate.ActivationStore;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.measure.ForwardPass;
import dev.lathe.model.Model;
import dev.lathe.model.OutputHead;
import dev.lathe.tokenizer.TestInputs;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/** A current llama.cpp finds the same tokens and the same perplexity in a real model. */
class BuiltLlamaCppSmolLm2Test {
    private static final int LENGTH = 512;
    private static final int WINDOWS = 2;

    /**
     * llama.cpp rounds the inputs of products to F16. In 30 blocks that moves a logit by about 0.1
     * % of their deviation of 3 (the hidden states of EmbeddedSmolLm2Test differ by as much), so a
     * token's logarithm by 0.004 and the mean of 510 of them by 0.0002. Allowed are 0.1 %.
     */
    private static final double BOUND = 1e-3;

    @TempDir Path folder;

    @BeforeAll
    static void requirePrograms() {
        BuiltLlamaCpp.programs();
    }

    @Test
    void perplexitiesAreEqual(TestReporter reporter) throws IOException, InterruptedException {
        Path text = TestInputs.shared("data/wikitext2-test.txt");
        for (Path model : new Path[] {SmolLm2.half(), SmolLm2.pruned()}) {
            double theirs = BuiltLlamaCpp.perplexity(model, text, LENGTH, WINDOWS, folder);
            double ours = perplexity(model, Files.readString(text));
            reporter.publishEntry(model.getFileName().toString(), ours + ", llama.cpp " + theirs);
            assertEquals(theirs, ours, BOUND * theirs, model.toString());
        }
    }

    @Test
    void textsAreEncodedAlike() throws IOException, InterruptedException {
        Path model = SmolLm2.half();
        try (Checkpoint checkpoint = Checkpoint.open(model);
                Tokenizer tokenizer = Tokenizer.of(checkpoint)) {
            for (Path sample : Samples.all()) {
                String text = Files.readString(sample);
                int[] theirs = BuiltLlamaCpp.tokenize(model, text, folder);
                assertArrayEquals(theirs, tokenizer.encode(text, true, true), sample.toString());
            }
        }
    }

    /** As llama-perplexity counts: the second half of each window. */
    private static double perplexity(Path path, String text) {
        try (Device device = Device.open("cpu", 2);
                Model model = Model.open(path);
                Tokenizer tokenizer = Tokenizer.of(model.checkpoint());
                OutputHead head = OutputHead.load(model, device);
                ActivationStore store = new ActivationStore(device, 1 << 30, Path.of("target"))) {
            int[] tokens = tokenizer.encode(text, true, true);
            int[][] windows = new int[WINDOWS][];
            for (int i = 0; i < WINDOWS; i++) {
                windows[i] = Arrays.copyOfRange(tokens, i * LENGTH, (i + 1) * LENGTH);
            }
            ForwardPass.run(model, device, windows, store, () -> {});
            double sum = 0;
            int count = LENGTH - 1 - LENGTH / 2;
            for (int i = 0; i < WINDOWS; i++) {
                int[] targets = Arrays.copyOfRange(windows[i], LENGTH / 2 + 1, LENGTH);
                try (Tensor residual = store.take(i);
                        Tensor logits = head.logits(residual.rows(LENGTH / 2, count))) {
                    sum -= Arrays.stream(device.logProbabilities(logits, targets)).sum();
                }
            }
            return Math.exp(sum / (WINDOWS * count));
        }
    }
}
