package dev.lathe.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RunRecord;
import dev.lathe.compress.TensorRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recipe of the folder is read and does on the tiny model what it says. */
class RecipesTest {
    private static final Path RECIPES = Path.of("recipes");

    @TempDir Path folder;

    static List<String> recipes() throws IOException {
        try (Stream<Path> files = Files.list(RECIPES)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    /** What a block's tensors become. Q5_0 stands in for Q4_K, Q5_1 for Q5_K, Q8_0 for Q6_K. */
    @ParameterizedTest
    @CsvSource({
        "pruned-50.yaml,     blk.0.ffn_up.weight,      F32,  0.5",
        "pruned-50.yaml,     blk.1.attn_q.weight,      F32,  0.5",
        "pruned-50.yaml,     token_embd.weight,        F32,  0",
        "2of4.yaml,          blk.0.ffn_down.weight,    F32,  0.5",
        "2of4.yaml,          blk.1.ffn_down.weight,    F32,  0",
        "q4k-protected.yaml, blk.0.attn_q.weight,      Q5_0, 0",
        "q4k-protected.yaml, blk.0.attn_v.weight,      Q5_1, 0",
        "q4k-protected.yaml, blk.1.attn_v.weight,      Q8_0, 0",
        "pruned-50-q4k.yaml, blk.0.attn_output.weight, Q5_0, 0.5",
        "layered.yaml,       blk.0.ffn_up.weight,      Q8_0, 0.3",
        "layered.yaml,       blk.0.attn_q.weight,      Q5_0, 0.4",
        "layered.yaml,       blk.0.attn_v.weight,      Q8_0, 0",
        "layered.yaml,       blk.1.ffn_up.weight,      Q8_0, 0",
        "q8-quick.yaml,      blk.0.ffn_down.weight,    Q8_0, 0",
        "q8-quick.yaml,      token_embd.weight,        Q8_0, 0",
        "allocated.yaml,     blk.1.attn_v.weight,      Q8_0, 0",
    })
    void recipesDoWhatTheySay(String file, String name, String type, double sparsity) {
        Path output = folder.resolve("out.gguf");
        RunRecord record = compress(file, output);
        TensorRecord tensor =
                record.tensors().stream().filter(t -> t.name().equals(name)).findFirst().get();
        try (Checkpoint checkpoint = Checkpoint.open(output)) {
            assertEquals(type, checkpoint.tensor(name).type().name());
        }
        assertEquals(type, tensor.type());
        long weights = tensor.shape().get(0) * tensor.shape().get(1);
        long zeros = tensor.zeros() == null ? 0 : tensor.zeros();
        assertEquals((long) Math.floor(sparsity * weights + 1e-9), zeros);
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void recipesWriteFoldersToo(String file) {
        Path output = folder.resolve("out");
        compress(file, output);
        assertTrue(Files.exists(output.resolve("model.safetensors")));
    }

    @Test
    void everyRecipeIsAmongThoseThatAreChecked() throws Exception {
        CsvSource rows =
                RecipesTest.class
                        .getDeclaredMethod(
                                "recipesDoWhatTheySay",
                                String.class,
                                String.class,
                                String.class,
                                double.class)
                        .getAnnotation(CsvSource.class);
        assertEquals(
                new TreeSet<>(recipes()),
                Stream.of(rows.value())
                        .map(row -> row.substring(0, row.indexOf(',')))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** Short sequences of the built-in set, where the recipe calibrates at all. */
    private static RunRecord compress(String file, Path output) {
        Recipe recipe = Recipe.read(RECIPES.resolve(file));
        if (recipe.calibration().sequences() > 0) {
            recipe =
                    recipe.toBuilder().calibration(new CalibrationOptions(null, 4, 64, 3L)).build();
        }
        return Compression.of(TinyModel.FOLDER).recipe(recipe).writeTo(output);
    }
}
