package dev.lathe.measure;

import dev.lathe.UsageException;
import dev.lathe.calibrate.ActivationStore;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.Model;
import dev.lathe.model.OutputHead;
import dev.lathe.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * Measures a model on a text: perplexity, and, beside a reference model, the KL divergence of its
 * predictions and how often both hold the same token for the most probable.
 *
 * <p>The text is encoded as a whole and cut into sequences of equal length, which the model sees
 * one by one; every token but the first of a sequence is predicted. (llama.cpp counts the second
 * half of each sequence only, so its perplexities are lower.)
 *
 * <pre>{@code
 * MeasureReport report =
 *         Measurement.of(Path.of("small.gguf"))
 *                 .reference(Path.of("SmolLM2-135M.gguf"))
 *                 .sequences(16)
 *                 .on(text);
 * }</pre>
 */
public final class Measurement {
    private static final long DEFAULT_MEMORY = 4L << 30;

    /** Logits that are held at once. */
    private static final long LOGIT_VALUES = 1L << 25;

    private final Path path;
    private Path reference;
    private int sequences;
    private int length = 512;
    private String device = "auto";
    private int threads;
    private long memory = DEFAULT_MEMORY;
    private BiConsumer<Long, Long> listener = (done, total) -> {};

    private Measurement(Path path) {
        this.path = path;
    }

    /**
     * Begins with all of the text in sequences of 512 tokens.
     *
     * @param model the model to measure
     * @return the measurement, to be set up and run
     */
    public static Measurement of(Path model) {
        return new Measurement(model);
    }

    /**
     * Compares with another model of the same vocabulary.
     *
     * @param value the reference, usually the original
     * @return this
     */
    public Measurement reference(Path value) {
        this.reference = value;
        return this;
    }

    /**
     * Bounds the number of sequences.
     *
     * @param value at most so many; 0 takes the whole text
     * @return this
     */
    public Measurement sequences(int value) {
        if (value < 0) {
            throw new UsageException(value + " sequences, expected 0 or more");
        }
        this.sequences = value;
        return this;
    }

    /**
     * Sets the length of a sequence.
     *
     * @param value tokens, at least 2
     * @return this
     */
    public Measurement length(int value) {
        if (value < 2) {
            throw new UsageException("sequences of " + value + " tokens, expected 2 or more");
        }
        this.length = value;
        return this;
    }

    /**
     * Chooses the device.
     *
     * @param value {@code auto} or {@code cpu}
     * @return this
     */
    public Measurement device(String value) {
        this.device = value;
        return this;
    }

    /**
     * Chooses the number of host threads.
     *
     * @param value threads; 0 takes every processor that the process may use
     * @return this
     */
    public Measurement threads(int value) {
        this.threads = value;
        return this;
    }

    /**
     * Bounds what is held of activations; the rest goes to a temporary file.
     *
     * @param bytes the bound
     * @return this
     */
    public Measurement memory(long bytes) {
        this.memory = bytes;
        return this;
    }

    /**
     * Hears of the progress.
     *
     * @param value receives units done and units in all
     * @return this
     */
    public Measurement listener(BiConsumer<Long, Long> value) {
        this.listener = value;
        return this;
    }

    /**
     * Measures.
     *
     * @param text the text to predict
     * @return the figures
     * @throws UsageException if the text is too short, or the reference has another vocabulary
     * @throws dev.lathe.DataException if a model is broken
     */
    public MeasureReport on(String text) {
        try (Device opened = Device.open(device, threads);
                Model model = Model.open(path);
                Model other = reference == null ? null : Model.open(reference)) {
            CalibrationSet set;
            try (Tokenizer tokenizer = Tokenizer.of(model.checkpoint())) {
                set = CalibrationSet.inOrder(text, tokenizer, length, sequences);
            }
            if (other != null) {
                requireSameVocabulary(model, other);
            }
            return measure(opened, model, other, set);
        }
    }

    private void requireSameVocabulary(Model model, Model other) {
        int ours = model.config().vocabularySize();
        int theirs = other.config().vocabularySize();
        if (ours != theirs) {
            throw new UsageException(
                    reference + " has a vocabulary of " + theirs + ", " + path + " one of " + ours);
        }
    }

    private MeasureReport measure(Device opened, Model model, Model other, CalibrationSet set) {
        int models = other == null ? 1 : 2;
        long blocks = model.config().layers() + (other == null ? 0 : other.config().layers());
        Progress progress = new Progress(blocks, set.sequences().length, models);
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        try (ActivationStore ours = new ActivationStore(opened, memory / models, folder);
                ActivationStore theirs = new ActivationStore(opened, memory / models, folder)) {
            ForwardPass.run(model, opened, set.sequences(), ours, progress::batch);
            if (other != null) {
                ForwardPass.run(other, opened, set.sequences(), theirs, progress::batch);
            }
            return predictions(opened, model, other, set, ours, theirs, progress);
        }
    }

    private MeasureReport predictions(
            Device opened,
            Model model,
            Model other,
            CalibrationSet set,
            ActivationStore ours,
            ActivationStore theirs,
            Progress progress) {
        PredictionTotals totals = new PredictionTotals();
        try (OutputHead head = OutputHead.load(model, opened);
                OutputHead otherHead = other == null ? null : OutputHead.load(other, opened)) {
            int chunk = (int) Math.max(1, LOGIT_VALUES / model.config().vocabularySize());
            for (int sequence = 0; sequence < set.sequences().length; sequence++) {
                int[] tokens = set.sequences()[sequence];
                try (Tensor residual = ours.take(sequence);
                        Tensor otherResidual = other == null ? null : theirs.take(sequence)) {
                    for (int first = 0; first < tokens.length - 1; first += chunk) {
                        int count = Math.min(chunk, tokens.length - 1 - first);
                        int[] targets = Arrays.copyOfRange(tokens, first + 1, first + 1 + count);
                        Tensor expected =
                                otherResidual == null ? null : otherResidual.rows(first, count);
                        compare(
                                opened,
                                head,
                                residual.rows(first, count),
                                otherHead,
                                expected,
                                targets,
                                totals);
                    }
                }
                progress.sequence();
            }
        }
        return totals.report(set.sequences().length, length);
    }

    private static void compare(
            Device opened,
            OutputHead head,
            Tensor residual,
            OutputHead otherHead,
            Tensor otherResidual,
            int[] targets,
            PredictionTotals totals) {
        try (Tensor logits = head.logits(residual)) {
            double[] logProbabilities = opened.logProbabilities(logits, targets);
            if (otherHead == null) {
                totals.add(logProbabilities);
                return;
            }
            try (Tensor expected = otherHead.logits(otherResidual)) {
                double[] divergence = new double[targets.length];
                byte[] sameTop = new byte[targets.length];
                opened.klDivergence(divergence, sameTop, expected, logits);
                totals.add(
                        logProbabilities,
                        opened.logProbabilities(expected, targets),
                        divergence,
                        sameTop);
            }
        }
    }

    /** Counts batches through blocks and sequences through the head. */
    private final class Progress {
        private final long total;
        private long done;

        Progress(long blocks, long sequences, int models) {
            this.total = blocks * sequences + sequences * models;
        }

        void batch() {
            listener.accept(++done, total);
        }

        void sequence() {
            done += reference == null ? 1 : 2;
            listener.accept(done, total);
        }
    }
}
