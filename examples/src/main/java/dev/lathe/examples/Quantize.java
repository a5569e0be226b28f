package dev.lathe.examples;

import dev.lathe.UsageException;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Estimate;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.Rule;
import dev.lathe.compress.RunRecord;
import dev.lathe.quantize.Feedback;
import java.nio.file.Path;

/**
 * Quantizes a model to Q4_K with second-order error feedback; the final layer, where errors have
 * nothing behind them to make up for them, keeps Q6_K: {@code Quantize MODEL OUT.gguf}. The plan is
 * printed before the work begins.
 */
public final class Quantize {
    private Quantize() {}

    /**
     * Runs the example.
     *
     * @param arguments the model, a GGUF file or a Hugging Face folder, and the output
     */
    public static void main(String[] arguments) {
        if (arguments.length != 2) {
            throw new UsageException("usage: Quantize MODEL OUT.gguf");
        }
        Path output = Path.of(arguments[1]);
        Compression compression =
                Compression.of(Path.of(arguments[0]))
                        .recipe(
                                Recipe.builder()
                                        .type("Q4_K")
                                        .feedback(Feedback.OBS)
                                        .rule(Rule.protect("final-layer=Q6_K"))
                                        .build());

        Estimate estimate = compression.plan(output);
        System.out.printf(
                "planned: %,d bytes in place of %,d, peak memory %,d MB%n",
                estimate.plan().outputBytes(),
                estimate.plan().sourceBytes(),
                estimate.peakBytes() >> 20);
        estimate.plan()
                .bytesByType()
                .forEach((type, bytes) -> System.out.printf("%8s %,15d bytes%n", type, bytes));

        RunRecord record = compression.writeTo(output);
        record.notices().forEach(System.out::println);
        System.out.printf(
                "%s: %.2f bits per weight, peak memory %,d MB%n",
                output, record.bitsPerWeight(), record.peakBytes() >> 20);
    }
}
