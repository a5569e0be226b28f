package dev.lathe.examples;

import dev.lathe.UsageException;
import dev.lathe.compress.Compression;
import dev.lathe.compress.ProgressEvent;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RunRecord;
import java.nio.file.Path;

/**
 * Prunes half of a model's weights with SparseGPT, calibrated on the set that Lathe brings along,
 * and says of each layer what its output lost: {@code Prune MODEL OUT}. An OUT that ends in {@code
 * .gguf} becomes a file, any other a Hugging Face folder.
 */
public final class Prune {
    private Prune() {}

    /**
     * Runs the example.
     *
     * @param arguments the model, a GGUF file or a Hugging Face folder, and the output
     */
    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            throw new UsageException("usage: Prune MODEL OUT");
        }
        RunRecord record =
                Compression.of(Path.of(arguments[0]))
                        .recipe(Recipe.builder().sparsity(0.5).build())
                        .listener(Prune::show)
                        .writeTo(Path.of(arguments[1]));
        System.out.printf(
                "%s: %.1f %% of the blocks' weights are zero, after %.1f s%n",
                arguments[1], 100 * record.sparsity(), record.seconds());
    }

    private static void show(ProgressEvent event) {
        if (event instanceof ProgressEvent.TensorFinished finished
                && finished.tensor().zeros() != null
                && finished.tensor().calibrationError() != null) {
            System.out.printf(
                    "%-45s %9d zeros, share of the output lost: %.4f%n",
                    finished.tensor().name(),
                    finished.tensor().zeros(),
                    finished.tensor().calibrationError());
        }
    }
}
