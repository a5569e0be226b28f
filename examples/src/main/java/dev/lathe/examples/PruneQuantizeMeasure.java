package dev.lathe.examples;

import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RunRecord;
import dev.lathe.measure.MeasureReport;
import dev.lathe.measure.Measurement;
import java.nio.file.Path;

/**
 * Chooses mask and codes in one pass (2 of every 4 weights kept, in Q4_0, which holds an exact
 * zero), then measures on a text what that cost: {@code PruneQuantizeMeasure MODEL OUT.gguf TEXT}.
 */
public final class PruneQuantizeMeasure {
    private static final int SEQUENCES = 16;

    private PruneQuantizeMeasure() {}

    /**
     * Runs the example.
     *
     * @param arguments the model, the output, and a text that neither was trained or calibrated on
     */
    public static void main(String[] arguments) {
        if (arguments.length != 3) {
            throw new UsageException("usage: PruneQuantizeMeasure MODEL OUT.gguf TEXT");
        }
        Path model = Path.of(arguments[0]);
        Path output = Path.of(arguments[1]);
        String text = CalibrationSet.read(Path.of(arguments[2]));

        RunRecord record =
                Compression.of(model)
                        .recipe(Recipe.builder().pattern("2:4").type("Q4_0").build())
                        .writeTo(output);
        System.out.printf(
                "%,d bytes became %,d; %.1f %% of the blocks' weights are zero%n",
                record.sourceBytes(), record.outputBytes(), 100 * record.sparsity());

        MeasureReport report =
                Measurement.of(output).reference(model).sequences(SEQUENCES).on(text);
        System.out.printf(
                "perplexity %.3f, of the original %.3f%n",
                report.perplexity(), report.comparison().referencePerplexity());
        System.out.printf(
                "KL divergence %.4f ± %.4f nats, same top token %.1f %%%n",
                report.comparison().klDivergence(),
                report.comparison().klDivergenceError(),
                100 * report.comparison().topAgreement());
    }
}
