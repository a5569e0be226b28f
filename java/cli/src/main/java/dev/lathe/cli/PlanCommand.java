package dev.lathe.cli;

import dev.lathe.UsageException;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Estimate;
import dev.lathe.device.Devices;
import dev.lathe.measure.GemmRate;
import dev.lathe.quantize.Allocation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what a compression would give and take. */
@Command(
        name = "plan",
        customSynopsis = "lathe plan MODEL -o OUT [OPTION]...",
        sortOptions = false,
        description = {
            "Dry run of compress: sizes, memory, disk and time, without reading weights or writing"
                    + " anything. With --bpw or --size: which type each tensor would get, and what"
                    + " other sizes would cost."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  lathe plan model.gguf -o small.gguf --sparsity 0.5 --type Q4_K --memory 8g",
            "  lathe plan model.gguf -o small.gguf --size 3.2g --measure --plot frontier.svg"
        })
final class PlanCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Mixin private CompressionOptions options;

    @Option(
            names = "--measure",
            description =
                    "With --bpw or --size: read the weights and measure what each tensor's types"
                            + " cost, in place of assuming it. compress uses the measurement too.")
    private boolean measure;

    @Option(
            names = "--plot",
            paramLabel = "FILE",
            description = "With --bpw or --size: draw the size-loss frontier as an SVG file.")
    private Path plot;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
        Compression compression = options.compression();
        double rate = rate();
        if (measure) {
            try (ProgressView view = ProgressView.of("measure", spec.commandLine().getErr())) {
                compression.listener(view::show).measureSensitivity(options.output());
            }
        }
        Estimate estimate = compression.plan(options.output());
        drawFrontier(estimate);
        PlanSummary summary = PlanSummary.of(options.output(), estimate, rate);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(summary) : summary.text());
    }

    /** That of the first device, which computes what there is one of. */
    private double rate() {
        try (Devices devices = options.device().openAll()) {
            return GemmRate.quick(devices.first());
        }
    }

    private void drawFrontier(Estimate estimate) {
        if (plot == null) {
            return;
        }
        Allocation allocation =
                estimate.plan()
                        .allocation()
                        .orElseThrow(() -> new UsageException("--plot goes with --bpw or --size"));
        try {
            Files.writeString(plot, FrontierPlot.svg(allocation));
        } catch (IOException e) {
            throw new UsageException("plot " + plot + ": " + e, e);
        }
    }
}
