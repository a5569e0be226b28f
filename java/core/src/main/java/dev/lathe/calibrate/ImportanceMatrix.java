package dev.lathe.calibrate;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.GgufCheckpoint;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.checkpoint.GgufWriter;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorSpec;
import dev.lathe.checkpoint.WriteOptions;
import dev.lathe.device.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Mean squares of the inputs of linear layers: how much an error in each column of their weights
 * matters. Files are those of llama.cpp's imatrix in GGUF form, so that llama-quantize takes what
 * Lathe measured and the other way round:
 *
 * <pre>
 * general.type = "imatrix"
 * imatrix.datasets      what the text was
 * imatrix.chunk_count   sequences of tokens
 * imatrix.chunk_size    tokens of a sequence
 * NAME.in_sum2          F32 [matrices × cols]: sums of squared inputs of tensor NAME, over all tokens
 * NAME.counts           F32 [matrices × 1]: the tokens of each sum; several matrices are experts
 * </pre>
 */
public final class ImportanceMatrix {
    private static final String TYPE_KEY = "general.type";
    private static final String TYPE = "imatrix";
    private static final String DATASETS_KEY = "imatrix.datasets";
    private static final String CHUNK_COUNT_KEY = "imatrix.chunk_count";
    private static final String CHUNK_SIZE_KEY = "imatrix.chunk_size";
    private static final String SUMS = ".in_sum2";
    private static final String COUNTS = ".counts";

    /** 64 MB of sums for one tensor, twenty times those of the largest models. */
    private static final long GREATEST_SUMS = 1L << 24;

    private final Map<String, Entry> entries;
    private final List<String> datasets;
    private final long chunkCount;
    private final long chunkSize;

    /**
     * What is known of one tensor's inputs.
     *
     * @param sums sums of squared inputs [matrices × cols], one matrix after another
     * @param counts tokens that went into each matrix's sums [matrices]
     */
    public record Entry(float[] sums, float[] counts) {
        /**
         * Checks sizes and values.
         *
         * @param sums the component
         * @param counts the component
         * @throws DataException if there are no counts, the sums are no whole number of rows for
         *     them, or a value is negative or not finite
         */
        public Entry {
            if (counts.length == 0 || sums.length == 0 || sums.length % counts.length != 0) {
                throw new DataException(
                        sums.length + " sums do not go with " + counts.length + " counts");
            }
            requireSound("sum", sums);
            requireSound("count", counts);
        }

        private static void requireSound(String what, float[] values) {
            for (int i = 0; i < values.length; i++) {
                if (!(values[i] >= 0 && Float.isFinite(values[i]))) {
                    throw new DataException(
                            what + " " + i + " is " + values[i] + ", expected 0 or more");
                }
            }
        }

        /**
         * The width of the tensor's inputs.
         *
         * @return columns
         */
        public int cols() {
            return sums.length / counts.length;
        }
    }

    /**
     * Puts a matrix together.
     *
     * @param entries by the names that the tensors have in GGUF files
     * @param datasets what the text was
     * @param chunkCount sequences of tokens
     * @param chunkSize tokens of a sequence
     */
    public ImportanceMatrix(
            Map<String, Entry> entries, List<String> datasets, long chunkCount, long chunkSize) {
        this.entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        this.datasets = List.copyOf(datasets);
        this.chunkCount = chunkCount;
        this.chunkSize = chunkSize;
    }

    /**
     * Reads a file.
     *
     * @param path an imatrix in GGUF form
     * @return the matrix
     * @throws UsageException if the file does not exist
     * @throws DataException if it is something else, or broken
     */
    public static ImportanceMatrix read(Path path) {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            if (!(checkpoint instanceof GgufCheckpoint file)) {
                throw new DataException(path + " is no importance matrix, but safetensors");
            }
            GgufMetadata metadata = file.metadata();
            String type = metadata.findString(TYPE_KEY).orElse("missing");
            if (!type.equals(TYPE)) {
                throw new DataException(
                        String.format(
                                "%s is no importance matrix: metadata key '%s' is %s, expected %s",
                                path, TYPE_KEY, type, TYPE));
            }
            ImportanceMatrix matrix =
                    new ImportanceMatrix(
                            readEntries(file),
                            metadata.findStrings(DATASETS_KEY).orElse(List.of()),
                            metadata.integer(CHUNK_COUNT_KEY),
                            metadata.integer(CHUNK_SIZE_KEY));
            if (matrix.entries.isEmpty()) {
                throw new DataException(path + " holds no importance of any tensor");
            }
            return matrix;
        }
    }

    private static Map<String, Entry> readEntries(GgufCheckpoint file) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (TensorInfo tensor : file.tensors()) {
            String name = tensor.name();
            if (name.endsWith(COUNTS)) {
                String stem = name.substring(0, name.length() - COUNTS.length());
                file.tensor(stem + SUMS);
            }
            if (!name.endsWith(SUMS)) {
                continue;
            }
            String stem = name.substring(0, name.length() - SUMS.length());
            TensorInfo counts = file.tensor(stem + COUNTS);
            try {
                entries.put(stem, new Entry(values(file, tensor), values(file, counts)));
            } catch (DataException e) {
                throw new DataException(
                        file.path() + ": tensor '" + name + "': " + e.getMessage(), e);
            }
        }
        return entries;
    }

    private static float[] values(GgufCheckpoint file, TensorInfo tensor) {
        long count = tensor.byteLength() / Float.BYTES;
        if (tensor.type() != DType.F32 || count > GREATEST_SUMS) {
            throw new DataException(
                    String.format(
                            "'%s' holds %d values of type %s, expected F32 and at most %d",
                            tensor.name(),
                            tensor.shape().stream().reduce(1L, (a, b) -> a * b),
                            tensor.type(),
                            GREATEST_SUMS));
        }
        ByteBuffer bytes =
                ByteBuffer.allocate((int) count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(tensor, 0, bytes);
        float[] values = new float[(int) count];
        bytes.flip().asFloatBuffer().get(values);
        return values;
    }

    /**
     * Writes a file, which appears under its name when it is complete.
     *
     * @param path the output
     * @param replace whether a file that exists is replaced
     * @throws UsageException if the output exists and may not be replaced, or cannot be written
     */
    public void write(Path path, boolean replace) {
        GgufMetadata metadata =
                GgufMetadata.builder()
                        .putString(TYPE_KEY, TYPE)
                        .putStrings(DATASETS_KEY, datasets)
                        .putUint32(CHUNK_COUNT_KEY, chunkCount)
                        .putUint32(CHUNK_SIZE_KEY, chunkSize)
                        .build();
        List<TensorSpec> tensors = new ArrayList<>();
        entries.forEach(
                (name, entry) -> {
                    long matrices = entry.counts().length;
                    tensors.add(
                            new TensorSpec(
                                    name + SUMS,
                                    DType.F32,
                                    List.of(matrices, (long) entry.cols())));
                    tensors.add(new TensorSpec(name + COUNTS, DType.F32, List.of(matrices, 1L)));
                });
        WriteOptions options = WriteOptions.defaults().withReplace(replace);
        try (GgufWriter writer = GgufWriter.create(path, metadata, tensors, options)) {
            entries.forEach(
                    (name, entry) -> {
                        writer.write(writer.tensor(name + SUMS), 0, bytes(entry.sums()));
                        writer.write(writer.tensor(name + COUNTS), 0, bytes(entry.counts()));
                    });
            writer.finish();
        }
    }

    private static ByteBuffer bytes(float[] values) {
        ByteBuffer bytes =
                ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes;
    }

    /**
     * All entries.
     *
     * @return by the names that the tensors have in GGUF files, unmodifiable
     */
    public Map<String, Entry> entries() {
        return entries;
    }

    /**
     * What the text was.
     *
     * @return names of files
     */
    public List<String> datasets() {
        return datasets;
    }

    /**
     * How many sequences of tokens were seen.
     *
     * @return sequences
     */
    public long chunkCount() {
        return chunkCount;
    }

    /**
     * How long a sequence was.
     *
     * @return tokens
     */
    public long chunkSize() {
        return chunkSize;
    }

    /**
     * Checksum of all sums and counts, for the record and the journal.
     *
     * @return SHA-256 in hexadecimal
     */
    public String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            entries.forEach(
                    (name, entry) -> {
                        digest.update(name.getBytes(StandardCharsets.UTF_8));
                        digest.update(bytes(entry.sums()));
                        digest.update(bytes(entry.counts()));
                    });
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * The mean squared inputs of a tensor's columns.
     *
     * @param key the tensor, whichever format it is in
     * @param cols columns of its weights
     * @return [cols], or empty where the tensor's inputs were not seen
     * @throws DataException if they have another width, or belong to several experts
     */
    public Optional<float[]> meanSquares(TensorKey key, long cols) {
        String name = TensorNames.gguf(key);
        Entry entry = entries.get(name);
        if (entry == null) {
            return Optional.empty();
        }
        if (entry.counts().length != 1 || entry.cols() != cols) {
            throw new DataException(
                    String.format(
                            "importance of tensor '%s' is %d × %d, expected 1 × %d",
                            name, entry.counts().length, entry.cols(), cols));
        }
        float count = entry.counts()[0];
        if (count == 0) {
            return Optional.empty();
        }
        float[] means = entry.sums().clone();
        for (int i = 0; i < means.length; i++) {
            means[i] /= count;
        }
        return Optional.of(means);
    }
}
