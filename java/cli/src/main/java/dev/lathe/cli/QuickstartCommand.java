package dev.lathe.cli;

import dev.lathe.UsageException;
import dev.lathe.eval.report.Reports;
import dev.lathe.eval.statistics.Estimate;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The whole story in miniature. */
@Command(
        name = "quickstart",
        customSynopsis = "lathe quickstart [OPTION]...",
        sortOptions = false,
        description = {
            "Compress a tiny reasoning model in several ways and see what each cost in accuracy, in"
                    + " tokens and in perplexity. Takes a minute or two on two cores, offline.",
            "",
            "The GGUF files, every answer and a report stay in the output folder. After an"
                    + " interruption the same command goes on where the last one was."
        },
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = {"  lathe quickstart -o first-look"})
final class QuickstartCommand implements Runnable {
    /** Where the launcher says that the source tree is. */
    private static final String HOME = "lathe.home";

    private static final int MOST_QUESTIONS = 10_000;

    @Spec private CommandSpec spec;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            defaultValue = "lathe-quickstart",
            description = "Where files go. Default: ${DEFAULT-VALUE}.")
    private Path output;

    @Option(
            names = "--questions",
            paramLabel = "N",
            defaultValue = "50",
            description = "At most so many questions a variant. Default: ${DEFAULT-VALUE}.")
    private int questions;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "A folder like examples/tiny-reasoner, with questions.json, calibration.txt"
                            + " and held-out.txt. Default: that folder of the source tree.")
    private Path model;

    @Option(names = "--json", description = "Print the table as JSON.")
    private boolean json;

    @Override
    public void run() {
        if (questions < 1 || questions > MOST_QUESTIONS) {
            throw new UsageException(questions + " questions, expected 1 to " + MOST_QUESTIONS);
        }
        List<Quickstart.Row> rows;
        try (ProgressView view = ProgressView.of("quickstart", spec.commandLine().getErr())) {
            rows = new Quickstart(folder(), output, questions, view).run();
        } catch (IOException e) {
            throw new UncheckedIOException(output + ": the report cannot be written", e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(rows) : text(rows));
    }

    private Path folder() {
        return model != null
                ? model
                : Path.of(System.getProperty(HOME, "."), "examples", "tiny-reasoner");
    }

    private String text(List<Quickstart.Row> rows) {
        Table table = new Table(1);
        table.row("model", "size", "bits", "zeros", "accuracy", "tokens", "perplexity");
        for (Quickstart.Row row : rows) {
            table.row(
                    row.name(),
                    Quantity.bytes(row.bytes()),
                    Quantity.format("%.2f", row.bitsPerWeight()),
                    Quantity.format("%.0f %%", 100 * row.sparsity()),
                    accuracy(row.accuracy()),
                    row.tokensPerQuestion() == null
                            ? "none"
                            : Quantity.format("%.0f", row.tokensPerQuestion()),
                    Quantity.format("%.3f", row.perplexity()));
        }
        return table
                + System.lineSeparator()
                + "Bits and zeros: of the blocks' linear weights. Accuracy: temporal sequences, with"
                + " its 95 % interval."
                + System.lineSeparator()
                + "Tokens: thinking and answer to a question. The report: "
                + output.resolve(Reports.HTML)
                + "; the models: "
                + output
                + "/*.gguf"
                + System.lineSeparator();
    }

    private static String accuracy(Estimate accuracy) {
        return accuracy == null
                ? "none"
                : Quantity.format(
                        "%.0f %% (%.0f to %.0f)",
                        100 * accuracy.mean(), 100 * accuracy.low(), 100 * accuracy.high());
    }
}
