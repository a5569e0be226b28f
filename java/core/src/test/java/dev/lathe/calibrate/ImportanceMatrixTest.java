package dev.lathe.calibrate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.checkpoint.GgufWriter;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.checkpoint.TensorSpec;
import dev.lathe.checkpoint.WriteOptions;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.Model;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportanceMatrixTest {
    private static final Path MODEL = Path.of("src/test/resources/golden/logits/qwen2/model");
    private static final TensorKey QUERY = TensorKey.weight(TensorRole.Q_PROJ, 0);

    @TempDir Path folder;

    @Test
    void whatIsWrittenIsReadAgain() {
        Map<String, ImportanceMatrix.Entry> entries = new LinkedHashMap<>();
        entries.put("blk.0.attn_q.weight", entry(4, 1, 2, 3));
        entries.put(
                "blk.0.ffn_up_exps.weight",
                new ImportanceMatrix.Entry(new float[] {1, 2, 3, 4}, new float[] {5, 0}));
        Path file = folder.resolve("imatrix.gguf");
        new ImportanceMatrix(entries, List.of("a.txt", "b.txt"), 2, 512).write(file, false);
        ImportanceMatrix read = ImportanceMatrix.read(file);
        assertEquals(List.of("a.txt", "b.txt"), read.datasets());
        assertEquals(2, read.chunkCount());
        assertEquals(512, read.chunkSize());
        assertEquals(entries.keySet(), read.entries().keySet());
        entries.forEach(
                (name, entry) -> {
                    assertArrayEquals(entry.sums(), read.entries().get(name).sums(), name);
                    assertArrayEquals(entry.counts(), read.entries().get(name).counts(), name);
                });
        assertArrayEquals(
                new float[] {0.25f, 0.5f, 0.75f}, read.meanSquares(QUERY, 3).orElseThrow());
        assertTrue(read.meanSquares(TensorKey.weight(TensorRole.K_PROJ, 0), 3).isEmpty());
        String message =
                assertThrows(DataException.class, () -> read.meanSquares(QUERY, 4)).getMessage();
        assertTrue(message.contains("1 × 3, expected 1 × 4"), message);
        assertThrows(
                UsageException.class,
                () -> new ImportanceMatrix(entries, List.of(), 2, 512).write(file, false));
    }

    @Test
    void inputsThatWereNotSeenSayNothing() {
        ImportanceMatrix matrix =
                new ImportanceMatrix(
                        Map.of("blk.0.attn_q.weight", entry(0, 0, 0)), List.of(), 1, 8);
        assertTrue(matrix.meanSquares(QUERY, 2).isEmpty());
    }

    @Test
    void theFirstInputsAreThoseOfTheFormula() throws IOException {
        Path text = folder.resolve("text.txt");
        Files.writeString(text, "The cat sat on the mat, and looked at the rain. ".repeat(40));
        ImportanceMatrix matrix =
                ImportanceCalibration.of(MODEL).text(text.toString()).length(32).sequences(3).run();
        assertEquals(3, matrix.chunkCount());
        try (Device device = Device.open("cpu", 1);
                Model model = Model.open(MODEL);
                Tokenizer tokenizer = Tokenizer.of(model.checkpoint());
                Tensor table = model.loadF32(device, TensorKey.weight(TensorRole.EMBEDDING));
                Tensor norm = model.loadF32(device, TensorKey.weight(TensorRole.INPUT_NORM, 0))) {
            int[][] chunks = CalibrationSet.chunks(text.toString(), tokenizer, 32, 3).sequences();
            double[] expected =
                    firstSquares(
                            chunks,
                            table.toArray(),
                            norm.toArray(),
                            model.config().rmsNormEpsilon());
            float[] means = matrix.meanSquares(QUERY, expected.length).orElseThrow();
            for (int i = 0; i < means.length; i++) {
                // A norm in F32 over some hundred values, squared: some 1e-6.
                assertEquals(expected[i], means[i], 1e-5 * expected[i], "column " + i);
            }
            assertEquals(7 * model.config().layers(), matrix.entries().size());
            assertEquals(
                    matrix.entries().get("blk.1.ffn_gate.weight"),
                    matrix.entries().get("blk.1.ffn_up.weight"));
        }
    }

    /** Mean over tokens of (x · w / rms(x))², x the tokens' embeddings. */
    private static double[] firstSquares(
            int[][] chunks, float[] table, float[] norm, double epsilon) {
        int cols = norm.length;
        double[] sums = new double[cols];
        int tokens = 0;
        for (int[] chunk : chunks) {
            for (int token : chunk) {
                double squares = 0;
                for (int i = 0; i < cols; i++) {
                    double x = table[token * cols + i];
                    squares += x * x;
                }
                for (int i = 0; i < cols; i++) {
                    double y = (double) table[token * cols + i] * norm[i];
                    sums[i] += y * y / (squares / cols + epsilon);
                }
                tokens++;
            }
        }
        for (int i = 0; i < cols; i++) {
            sums[i] /= tokens;
        }
        return sums;
    }

    @Test
    void badFilesAreNamedInOneLine() throws IOException {
        refuse(folder.resolve("missing.gguf"), "does not exist");
        Path legacy = folder.resolve("legacy.dat");
        Files.write(legacy, new byte[] {1, 0, 0, 0, 5, 0, 0, 0, 'b', 'l', 'k'});
        refuse(legacy, "neither GGUF nor safetensors");
        refuse(MODEL.resolve("model.safetensors"), "no importance matrix, but safetensors");
        refuse(file("type", "model", 1L, 2L, matrix(3), counts(1)), "general.type", "is model");
        refuse(file("untyped", null, 1L, 2L, matrix(3), counts(1)), "general.type", "missing");
        refuse(file("chunks", "imatrix", null, 2L, matrix(3), counts(1)), "imatrix.chunk_count");
        refuse(file("size", "imatrix", 1L, null, matrix(3), counts(1)), "imatrix.chunk_size");
        refuse(file("empty", "imatrix", 1L, 2L), "no importance of any tensor");
        refuse(file("uncounted", "imatrix", 1L, 2L, matrix(3)), "no tensor 'q.counts'");
        refuse(file("sumless", "imatrix", 1L, 2L, counts(1)), "no tensor 'q.in_sum2'");
        refuse(file("odd", "imatrix", 1L, 2L, matrix(3), counts(2)), "3 sums", "2 counts");
        refuse(file("none", "imatrix", 1L, 2L, matrix(0), counts(1)), "0 sums", "1 counts");
        refuse(
                file("narrow", "imatrix", 1L, 2L, matrix(3, DType.F16), counts(1)),
                "3 values of type F16");
        for (float value : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
            Path path = file("bad", "imatrix", 1L, 2L, value, matrix(3), counts(1));
            refuse(path, "'q.in_sum2'", "sum 0 is " + value);
        }
    }

    private static void refuse(Path file, String... words) {
        String message =
                assertThrows(LatheException.class, () -> ImportanceMatrix.read(file)).getMessage();
        assertFalse(message.contains("\n"), message);
        assertTrue(message.contains(file.getFileName().toString()), message);
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
    }

    private static ImportanceMatrix.Entry entry(float count, float... sums) {
        return new ImportanceMatrix.Entry(sums, new float[] {count});
    }

    private static TensorSpec matrix(long cols) {
        return matrix(cols, DType.F32);
    }

    private static TensorSpec matrix(long cols, DType type) {
        return new TensorSpec("q.in_sum2", type, List.of(1L, cols));
    }

    private static TensorSpec counts(long count) {
        return new TensorSpec("q.counts", DType.F32, List.of(count, 1L));
    }

    private Path file(
            String name, String type, Long chunks, Long chunkSize, TensorSpec... tensors) {
        return file(name, type, chunks, chunkSize, 1, tensors);
    }

    private Path file(
            String name,
            String type,
            Long chunks,
            Long chunkSize,
            float value,
            TensorSpec... tensors) {
        GgufMetadata.Builder metadata = GgufMetadata.builder().putString("general.name", name);
        if (type != null) {
            metadata.putString("general.type", type);
        }
        if (chunks != null) {
            metadata.putUint32("imatrix.chunk_count", chunks);
        }
        if (chunkSize != null) {
            metadata.putUint32("imatrix.chunk_size", chunkSize);
        }
        Path path = folder.resolve(name + ".gguf");
        WriteOptions options = WriteOptions.defaults().withReplace(true);
        try (GgufWriter writer =
                GgufWriter.create(path, metadata.build(), List.of(tensors), options)) {
            for (TensorSpec tensor : tensors) {
                ByteBuffer bytes =
                        ByteBuffer.allocate((int) tensor.byteLength())
                                .order(ByteOrder.LITTLE_ENDIAN);
                while (bytes.remaining() >= Float.BYTES) {
                    bytes.putFloat(value);
                }
                writer.write(writer.tensor(tensor.name()), 0, bytes.rewind());
            }
            writer.finish();
        }
        return path;
    }
}
