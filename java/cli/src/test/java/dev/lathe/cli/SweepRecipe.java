package dev.lathe.cli;

import dev.lathe.eval.TinyReasoner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the compressions of a sweep over the tiny reasoner have in common. */
final class SweepRecipe {
    private SweepRecipe() {}

    /** Calibration on the text that comes with the model. */
    static Path write(Path folder) throws IOException {
        return Files.writeString(
                folder.resolve("recipe.yaml"),
                "calibration: {sequences: 4, length: 256, file: %s}%n"
                        .formatted(TinyReasoner.FOLDER.resolve("calibration.txt")));
    }
}
