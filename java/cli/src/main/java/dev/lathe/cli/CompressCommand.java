package dev.lathe.cli;

import dev.lathe.compress.Compression;
import dev.lathe.compress.RunRecord;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compresses a checkpoint. */
@Command(
        name = "compress",
        customSynopsis = "lathe compress MODEL -o OUT [OPTION]...",
        sortOptions = false,
        description = {
            "Prune and quantize a checkpoint and write it as GGUF or as a Hugging Face folder.",
            "",
            "The output appears under its name only when it is complete. After an interruption the"
                    + " same command goes on where the last one was. A record of the run is written"
                    + " beside the output: OUT.lathe.json, or lathe.json in a folder."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  Half of the weights to zero, the rest in 4 bits:",
            "    lathe compress model.gguf -o small.gguf --sparsity 0.5 --type Q4_K",
            "  2:4 sparsity for a Hugging Face folder, calibrated on your own text:",
            "    lathe compress Qwen2.5-1.5B/ -o pruned/ --pattern 2:4 --calibration text.txt",
            "  Quantize, but keep the last block in 6 bits:",
            "    lathe compress model.gguf -o small.gguf --type Q4_K \\",
            "        --protect final-layer=Q6_K"
        })
final class CompressCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Mixin private CompressionOptions options;

    @Option(
            names = "--restart",
            description = "Throw away what an interrupted run left, and start over.")
    private boolean restart;

    @Option(
            names = "--replace",
            description = "Replace an output that exists, once the new one is complete.")
    private boolean replace;

    @Option(names = "--json", description = "Print the record as JSON.")
    private boolean json;

    @Override
    public void run() {
        Compression compression = options.compression().restart(restart).replace(replace);
        RunRecord record;
        try (ProgressView view = ProgressView.of("compress", spec.commandLine().getErr())) {
            record = compression.listener(view::show).writeTo(options.output());
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? record.toJson() : summary(record, options.output()));
    }

    private static String summary(RunRecord record, Path output) {
        Table table = new Table(2);
        table.row(
                "output",
                output.toString()
                        + (record.simulated() ? " (quantization simulated by floats)" : ""));
        table.row(
                "size",
                Quantity.format(
                        "%s, before %s (%s)",
                        Quantity.bytes(record.outputBytes()),
                        Quantity.bytes(record.sourceBytes()),
                        Quantity.percent((double) record.outputBytes() / record.sourceBytes())));
        table.row(
                "bits per weight",
                Quantity.format("%.3f in the blocks' linear layers", record.bitsPerWeight()));
        table.row("sparsity", Quantity.percent(record.sparsity()) + " of them");
        table.row(
                "peak memory",
                Quantity.bytes(record.peakBytes())
                        + ", predicted "
                        + Quantity.bytes(record.predictedPeakBytes()));
        table.row("time", Quantity.duration(record.seconds()));
        boolean folder = record.format().equals("safetensors");
        table.row("record", RunRecord.pathFor(output, folder).toString());
        return table.toString();
    }
}
