package dev.lathe.cli;

import dev.lathe.calibrate.ImportanceCalibration;
import dev.lathe.calibrate.ImportanceMatrix;
import dev.lathe.checkpoint.CheckpointWriter;
import dev.lathe.checkpoint.Format;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures an importance matrix. */
@Command(
        name = "imatrix",
        customSynopsis = "lathe imatrix MODEL -o FILE [OPTION]...",
        sortOptions = false,
        description = {
            "Measure how large the inputs of each linear layer are on a text, column by column, and"
                    + " write that as llama.cpp's importance matrix in GGUF form.",
            "",
            "The text is cut as llama-imatrix cuts it; the output head is left out, as there."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  lathe imatrix model.gguf -o imatrix.gguf --calibration text.txt --sequences 64",
            "  lathe compress model.gguf -o small.gguf --type IQ4_XS --feedback none \\",
            "      --imatrix imatrix.gguf"
        })
final class ImatrixCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Mixin private ModelArgument model;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "The importance matrix, a GGUF file.")
    private Path output;

    @Option(
            names = "--calibration",
            paramLabel = "FILE",
            description =
                    "Plain text, or chat as JSONL (.jsonl). Default: a small set that Lathe brings"
                            + " along.")
    private String calibration;

    @Option(
            names = "--sequences",
            paramLabel = "N",
            defaultValue = "0",
            description = "The text's first N sequences; 0: all. Default: ${DEFAULT-VALUE}.")
    private int sequences;

    @Option(
            names = "--length",
            paramLabel = "TOKENS",
            defaultValue = "512",
            description = "Tokens of a sequence. Default: ${DEFAULT-VALUE}.")
    private int length;

    @Mixin private DeviceOptions device;

    @Option(names = "--replace", description = "Replace an output that exists.")
    private boolean replace;

    @Override
    public void run() {
        CheckpointWriter.requireFree(output, Format.GGUF, replace);
        ImportanceCalibration run =
                ImportanceCalibration.of(model.path())
                        .text(calibration)
                        .sequences(sequences)
                        .length(length)
                        .device(device.device())
                        .threads(device.threads());
        ImportanceMatrix matrix;
        try (ProgressView view = ProgressView.of("imatrix", spec.commandLine().getErr())) {
            matrix = run.listener((done, total) -> view.advance(done, total, "blocks")).run();
        }
        matrix.write(output, replace);
        Table table = new Table(2);
        table.row("output", output.toString());
        table.row("tensors", Quantity.format("%d", matrix.entries().size()));
        table.row(
                "tokens",
                Quantity.format(
                        "%d, in %d sequences of %d",
                        matrix.chunkCount() * matrix.chunkSize(),
                        matrix.chunkCount(),
                        matrix.chunkSize()));
        spec.commandLine().getOut().print(table);
    }
}
