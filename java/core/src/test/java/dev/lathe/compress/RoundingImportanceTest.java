package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.calibrate.ImportanceMatrix;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.Model;
import dev.lathe.prune.PruneMethod;
import dev.lathe.quantize.Feedback;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights rounded with the importance of a file. */
class RoundingImportanceTest {
    private static final Path MODEL = Path.of("src/test/resources/golden/logits/qwen2/model");
    private static final TensorKey DOWN = TensorKey.weight(TensorRole.DOWN_PROJ, 1);

    @TempDir Path folder;

    private RecipeBuilder recipe() {
        return Recipe.builder()
                .type("Q4_0")
                .feedback(Feedback.NONE)
                .imatrix(folder.resolve("imatrix.gguf").toString());
    }

    /** Importance of all layers of the model, or of those that a width is given for. */
    private void write(int width) {
        Map<String, ImportanceMatrix.Entry> entries = new LinkedHashMap<>();
        Random random = new Random(3);
        try (Model model = Model.open(MODEL)) {
            for (Map.Entry<TensorKey, TensorInfo> tensor : model.tensors().entrySet()) {
                TensorKey key = tensor.getKey();
                if (!key.role().linear() || key.part() != TensorKey.Part.WEIGHT) {
                    continue;
                }
                float[] sums = new float[width > 0 ? width : (int) tensor.getValue().cols()];
                for (int i = 0; i < sums.length; i++) {
                    sums[i] = (float) Math.exp(4 * random.nextGaussian());
                }
                entries.put(
                        TensorNames.gguf(key), new ImportanceMatrix.Entry(sums, new float[] {128}));
            }
        }
        new ImportanceMatrix(entries, List.of("text"), 2, 64)
                .write(folder.resolve("imatrix.gguf"), true);
    }

    @Test
    void weightsAreRoundedWithIt() {
        write(0);
        Path output = folder.resolve("out.gguf");
        RunRecord record = Compression.of(MODEL).recipe(recipe().build()).writeTo(output);
        assertEquals(128, record.calibration().tokens());
        assertTrue(record.calibration().source().startsWith("imatrix "));
        ImportanceMatrix matrix = ImportanceMatrix.read(folder.resolve("imatrix.gguf"));
        try (Device device = Device.open("cpu", 1);
                Model source = Model.open(MODEL);
                Model result = Model.open(output);
                Tensor w = source.loadF32(device, DOWN);
                Tensor importance = device.tensor(DType.F32, 1, w.cols());
                Tensor packed = device.tensor(DType.of("Q4_0"), w.rows(), w.cols());
                Tensor decoded = device.tensor(DType.F32, w.rows(), w.cols());
                Tensor stored = result.loadF32(device, DOWN)) {
            importance.set(matrix.meanSquares(DOWN, w.cols()).orElseThrow());
            device.quantize(packed, w, importance, false);
            device.dequantize(decoded, packed);
            assertArrayEquals(decoded.toArray(), stored.toArray());
            device.quantize(packed, w, null, false);
            device.dequantize(decoded, packed);
            double with = error(w, stored, importance.toArray());
            double without = error(w, decoded, importance.toArray());
            assertTrue(with < 0.8 * without, with + " with, " + without + " without importance");
        }
    }

    private static double error(Tensor w, Tensor q, float[] importance) {
        float[] a = w.toArray();
        float[] b = q.toArray();
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = (double) a[i] - b[i];
            sum += difference * difference * importance[i % importance.length];
        }
        return sum;
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        write(0);
        String feedback =
                assertThrows(UsageException.class, () -> recipe().feedback(Feedback.OBS).build())
                        .getMessage();
        assertTrue(feedback.contains("feedback none"), feedback);
        refuse(UsageException.class, recipe().sparsity(0.5), "sparsegpt", "imatrix", "magnitude");
        Path output = folder.resolve("pruned.gguf");
        RecipeBuilder pruned = recipe().sparsity(0.5).method(PruneMethod.MAGNITUDE);
        assertEquals(
                0.5, Compression.of(MODEL).recipe(pruned.build()).writeTo(output).sparsity(), 0.02);
        refuse(
                UsageException.class,
                recipe().imatrix(folder.resolve("nothing.gguf").toString()),
                "nothing.gguf does not exist");
    }

    @Test
    void matricesOfOtherModelsAreRefused() {
        write(7);
        refuse(DataException.class, recipe(), "imatrix.gguf", "1 × 7, expected");
        new ImportanceMatrix(
                        Map.of(
                                "blk.9.attn_q.weight",
                                new ImportanceMatrix.Entry(new float[] {1}, new float[] {1})),
                        List.of(),
                        1,
                        1)
                .write(folder.resolve("imatrix.gguf"), true);
        refuse(DataException.class, recipe(), "knows none of this model's linear layers");
    }

    private void refuse(
            Class<? extends LatheException> kind, RecipeBuilder recipe, String... words) {
        Path output = folder.resolve("refused.gguf");
        String message =
                assertThrows(
                                kind,
                                () -> Compression.of(MODEL).recipe(recipe.build()).writeTo(output))
                        .getMessage();
        for (String word : words) {
            assertTrue(message.contains(word), message);
        }
        assertTrue(Files.notExists(output));
    }
}
