package dev.lathe.calibrate;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.BlockStage;
import dev.lathe.model.DecoderBlock;
import dev.lathe.model.Model;
import dev.lathe.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Measures the {@link ImportanceMatrix} of a model on a text, block by block, with one block of
 * weights in memory. The text is encoded as a whole and cut, in order, into sequences as
 * llama-imatrix cuts it; the output head is left out, as there.
 *
 * <pre>{@code
 * ImportanceCalibration.of(Path.of("model.gguf")).text("text.txt").run().write(out, false);
 * }</pre>
 */
public final class ImportanceCalibration {
    private static final long DEFAULT_MEMORY = 4L << 30;

    private final Path path;
    private String text;
    private int sequences;
    private int length = 512;
    private String device = "auto";
    private int threads;
    private BiConsumer<Long, Long> listener = (done, total) -> {};

    private ImportanceCalibration(Path path) {
        this.path = path;
    }

    /**
     * Begins with the built-in set in sequences of 512 tokens.
     *
     * @param model the model
     * @return the calibration, to be set up and run
     */
    public static ImportanceCalibration of(Path model) {
        return new ImportanceCalibration(model);
    }

    /**
     * Chooses the text.
     *
     * @param file plain text, or chat as JSONL ({@code .jsonl}); null: the built-in set
     * @return this
     */
    public ImportanceCalibration text(String file) {
        this.text = file;
        return this;
    }

    /**
     * Bounds the number of sequences.
     *
     * @param value at most so many; 0 takes the whole text
     * @return this
     */
    public ImportanceCalibration sequences(int value) {
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
    public ImportanceCalibration length(int value) {
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
    public ImportanceCalibration device(String value) {
        this.device = value;
        return this;
    }

    /**
     * Chooses the number of host threads.
     *
     * @param value threads; 0 takes every processor that the process may use
     * @return this
     */
    public ImportanceCalibration threads(int value) {
        this.threads = value;
        return this;
    }

    /**
     * Hears of the progress.
     *
     * @param value receives units done and units in all
     * @return this
     */
    public ImportanceCalibration listener(BiConsumer<Long, Long> value) {
        this.listener = value;
        return this;
    }

    /**
     * Measures.
     *
     * @return sums of squared inputs of all linear layers of the blocks
     * @throws UsageException if the text is too short or cannot be read
     * @throws DataException if the model is broken, or an input is not finite
     */
    public ImportanceMatrix run() {
        try (Device opened = Device.open(device, threads);
                Model model = Model.open(path)) {
            CalibrationSet set;
            try (Tokenizer tokenizer = Tokenizer.of(model.checkpoint())) {
                tokenizer.checkVocabulary(model.config().vocabularySize());
                set = CalibrationSet.chunks(text, tokenizer, length, sequences);
            }
            return measure(opened, model, set);
        }
    }

    private ImportanceMatrix measure(Device opened, Model model, CalibrationSet set) {
        Map<String, ImportanceMatrix.Entry> entries = new LinkedHashMap<>();
        int count = set.sequences().length;
        long total = (long) model.config().layers() * count;
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        try (ActivationStore residuals = new ActivationStore(opened, DEFAULT_MEMORY, folder)) {
            embed(opened, model, set, residuals);
            for (int layer = 0; layer < model.config().layers(); layer++) {
                Map<BlockStage, InputSquares> squares = new LinkedHashMap<>();
                try (DecoderBlock block = DecoderBlock.load(model, opened, layer)) {
                    for (int i = 0; i < count; i++) {
                        Tensor residual = residuals.take(i);
                        block.forward(
                                residual,
                                length,
                                (stage, input) ->
                                        squares.computeIfAbsent(
                                                        stage,
                                                        s -> new InputSquares((int) input.cols()))
                                                .add(input));
                        residuals.put(i, residual);
                        listener.accept((long) layer * count + i + 1, total);
                    }
                }
                int current = layer;
                squares.forEach((stage, sums) -> add(entries, stage, current, sums.entry()));
            }
        }
        return new ImportanceMatrix(entries, List.of(set.source()), count, length);
    }

    private static void embed(
            Device opened, Model model, CalibrationSet set, ActivationStore residuals) {
        try (Tensor table = model.load(opened, TensorKey.weight(TensorRole.EMBEDDING))) {
            for (int i = 0; i < set.sequences().length; i++) {
                int[] tokens = set.sequences()[i];
                Tensor residual = opened.tensor(DType.F32, tokens.length, table.cols());
                opened.embedding(residual, table, tokens);
                residuals.put(i, residual);
            }
        }
    }

    /** The layers of a stage share their inputs. */
    private static void add(
            Map<String, ImportanceMatrix.Entry> entries,
            BlockStage stage,
            int layer,
            ImportanceMatrix.Entry entry) {
        for (TensorRole role : stage.linears()) {
            entries.put(TensorNames.gguf(TensorKey.weight(role, layer)), entry);
        }
    }

    /** Sums in F64: in F32 many small squares would get lost beside a large sum. */
    private static final class InputSquares {
        private final double[] sums;
        private long tokens;

        InputSquares(int cols) {
            this.sums = new double[cols];
        }

        void add(Tensor input) {
            float[] values = input.toArray();
            for (int row = 0; row < values.length; row += sums.length) {
                for (int i = 0; i < sums.length; i++) {
                    double x = values[row + i];
                    sums[i] += x * x;
                }
            }
            tokens += input.rows();
        }

        ImportanceMatrix.Entry entry() {
            float[] narrow = new float[sums.length];
            for (int i = 0; i < narrow.length; i++) {
                narrow[i] = (float) sums[i];
            }
            return new ImportanceMatrix.Entry(narrow, new float[] {tokens});
        }
    }
}
