package dev.lathe.cli;

import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.measure.MeasureReport;
import dev.lathe.measure.Measurement;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures what a compression cost. */
@Command(
        name = "measure",
        customSynopsis = "lathe measure MODEL [--reference MODEL] --text FILE [OPTION]...",
        sortOptions = false,
        description = {
            "Measure perplexity on a text and, beside a reference, how far predictions moved: mean"
                    + " KL divergence and how often both hold the same token for the most probable.",
            "",
            "Every token but the first of a sequence counts; llama.cpp counts the second half of"
                    + " each sequence only, so its perplexities are lower."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExample:%n",
        footer = {
            "  lathe measure small.gguf --reference model.gguf --text wiki.test.txt \\",
            "      --sequences 32"
        })
final class MeasureCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Mixin private ModelArgument model;

    @Option(
            names = "--reference",
            paramLabel = "MODEL",
            description = "What to compare with, usually the original.")
    private Path reference;

    @Option(
            names = "--text",
            required = true,
            paramLabel = "FILE",
            description = "The text to predict, in UTF-8.")
    private Path text;

    @Option(
            names = "--sequences",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "At most so many sequences; 0: the whole text. Default: ${DEFAULT-VALUE}.")
    private int sequences;

    @Option(
            names = "--length",
            paramLabel = "TOKENS",
            defaultValue = "512",
            description = "Tokens of a sequence. Default: ${DEFAULT-VALUE}.")
    private int length;

    @Mixin private DeviceOptions device;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
        Measurement measurement =
                Measurement.of(model.path())
                        .reference(reference)
                        .sequences(sequences)
                        .length(length)
                        .device(device.device())
                        .threads(device.threads());
        String content = CalibrationSet.read(text);
        MeasureReport report;
        try (ProgressView view = ProgressView.of("measure", spec.commandLine().getErr())) {
            report =
                    measurement
                            .listener((done, total) -> view.advance(done, total, "measure"))
                            .on(content);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(report) : text(report));
    }

    private static String text(MeasureReport report) {
        Table table = new Table(2);
        table.row(
                "tokens",
                Quantity.format(
                        "%d predicted, in %d sequences of %d",
                        report.predicted(), report.sequences(), report.length()));
        table.row(
                "perplexity",
                Quantity.format("%.4f ± %.4f", report.perplexity(), report.perplexityError()));
        MeasureReport.Comparison comparison = report.comparison();
        if (comparison != null) {
            table.row(
                    "of the reference", Quantity.format("%.4f", comparison.referencePerplexity()));
            table.row(
                    "KL divergence",
                    Quantity.format(
                            "%.6f ± %.6f nats a token",
                            comparison.klDivergence(), comparison.klDivergenceError()));
            table.row("same top token", Quantity.percent(comparison.topAgreement()));
        }
        return table.toString();
    }
}
