package dev.lathe.examples;

// README: the example begins here
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.Rule;
import dev.lathe.compress.RunRecord;
import dev.lathe.measure.MeasureReport;
import dev.lathe.measure.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Prunes and quantizes a model in one pass and says what that cost. */
public final class Readme {
    private Readme() {}

    /**
     * Runs the example.
     *
     * @param arguments MODEL OUT.gguf TEXT
     * @throws IOException if the text cannot be read
     */
    public static void main(String[] arguments) throws IOException {
        Path model = Path.of(arguments[0]); // a GGUF file or a Hugging Face folder
        Path small = Path.of(arguments[1]);

        Recipe recipe =
                Recipe.builder()
                        .sparsity(0.5)
                        .type("Q4_0")
                        .rule(Rule.protect("final-layer=Q6_K"))
                        .build();
        RunRecord record = Compression.of(model).recipe(recipe).writeTo(small);
        System.out.printf("%,d bytes -> %,d bytes%n", record.sourceBytes(), record.outputBytes());

        MeasureReport report =
                Measurement.of(small)
                        .reference(model)
                        .sequences(16)
                        .on(Files.readString(Path.of(arguments[2])));
        System.out.printf(
                "perplexity %.2f -> %.2f, KL divergence %.3f%n",
                report.comparison().referencePerplexity(),
                report.perplexity(),
                report.comparison().klDivergence());
    }
}
// README: the example ends here
