package dev.lathe.cli;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RecipeBuilder;
import java.util.List;

/**
 * A compression that the quickstart shows.
 *
 * @param name in the table, the report and the file's name
 * @param recipe what is done
 */
record QuickstartVariant(String name, Recipe recipe) {
    /** The uncompressed model first. */
    static List<QuickstartVariant> all(CalibrationOptions calibration) {
        return List.of(
                new QuickstartVariant("dense", Recipe.EMPTY),
                of("sparsegpt-30", calibration, Recipe.builder().sparsity(0.3)),
                of("sparsegpt-50", calibration, Recipe.builder().sparsity(0.5)),
                of("sparsegpt-70", calibration, Recipe.builder().sparsity(0.7)),
                of("sparsegpt-2:4", calibration, Recipe.builder().pattern("2:4")),
                of("4-bit", calibration, Recipe.builder().type("Q4_0")),
                of("50%+4-bit", calibration, Recipe.builder().sparsity(0.5).type("Q4_0")),
                of("dynamic-2.51", calibration, Recipe.builder().bitsPerWeight(2.51)),
                of("dynamic-1.73", calibration, Recipe.builder().bitsPerWeight(1.73)),
                of("dynamic-1.58", calibration, Recipe.builder().bitsPerWeight(1.58)));
    }

    private static QuickstartVariant of(
            String name, CalibrationOptions calibration, RecipeBuilder recipe) {
        return new QuickstartVariant(name, recipe.calibration(calibration).build());
    }

    /** The name of its GGUF file. */
    String file() {
        return name.replaceAll("[^A-Za-z0-9.-]+", "-") + ".gguf";
    }
}
