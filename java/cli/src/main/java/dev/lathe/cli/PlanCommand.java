package dev.lathe.cli;

import dev.lathe.compress.Estimate;
import dev.lathe.device.Device;
import dev.lathe.measure.GemmRate;
import java.io.PrintWriter;
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
                    + " anything."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExample:%n",
        footer = "  lathe plan model.gguf -o small.gguf --sparsity 0.5 --type Q4_K --memory 8g")
final class PlanCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Mixin private CompressionOptions options;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
        Estimate estimate = options.compression().plan(options.output());
        double rate;
        try (Device device = options.device().open()) {
            rate = GemmRate.quick(device);
        }
        PlanSummary summary = PlanSummary.of(options.output(), estimate, rate);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(summary) : summary.text());
    }
}
