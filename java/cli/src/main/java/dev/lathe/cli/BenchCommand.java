package dev.lathe.cli;

import dev.lathe.device.Device;
import dev.lathe.measure.Benchmark;
import dev.lathe.measure.BenchmarkReport;
import dev.lathe.measure.BenchmarkSizes;
import java.io.PrintWriter;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Times what a compression spends its time on. */
@Command(
        name = "bench",
        customSynopsis = "lathe bench [OPTION]...",
        sortOptions = false,
        description =
                "Time what a compression spends its time on, beside the machine's own rate of"
                        + " matrix products. Run it on a machine that does nothing else.",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  lathe bench --quick",
            "  lathe bench --device cuda",
            "  lathe bench --json > bench.json"
        })
final class BenchCommand implements Runnable {
    private static final String RATE = "%.1f Gflop/s";

    @Spec private CommandSpec spec;

    @Option(names = "--quick", description = "Small matrices: seconds in place of minutes.")
    private boolean quick;

    @Mixin private DeviceOptions device;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
        Benchmark benchmark = new Benchmark(quick ? BenchmarkSizes.QUICK : BenchmarkSizes.FULL);
        BenchmarkReport report;
        try (Device opened = device.open();
                ProgressView view = ProgressView.of("bench", spec.commandLine().getErr())) {
            AtomicLong done = new AtomicLong();
            report =
                    benchmark.run(
                            opened,
                            what -> view.advance(done.getAndIncrement(), benchmark.steps(), what));
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(report) : text(report));
    }

    private static String text(BenchmarkReport report) {
        Table table = new Table(1).row("", "rate", "of SGEMM", "time");
        table.row("SGEMM", Quantity.format(RATE, report.sgemmGflops()));
        for (BenchmarkReport.Forward forward : report.forward()) {
            table.row(
                    "forward, block of " + forward.model(),
                    Quantity.format(RATE, forward.gflops()),
                    Quantity.percent(forward.sgemmShare()),
                    Quantity.format("%.3f s", forward.seconds()));
        }
        BenchmarkReport.Hessian hessian = report.hessian();
        table.row(
                "Hessian of " + hessian.cols() + " columns",
                Quantity.format(RATE, hessian.gflops()),
                Quantity.percent(hessian.sgemmShare()),
                Quantity.format("%.3f s", hessian.seconds()));
        BenchmarkReport.SparseGpt prune = report.sparseGpt();
        String layer = prune.rows() + " x " + prune.cols();
        table.row(
                "inverse factor, " + prune.cols() + " columns",
                "",
                "",
                seconds(prune.inverseSeconds()));
        table.row("SparseGPT, " + layer, "", "", seconds(prune.pruneSeconds()));
        table.row("both", "", "", seconds(prune.totalSeconds()));
        Table types = new Table(1).row("type", "encode", "decode");
        for (BenchmarkReport.Codec codec : report.types()) {
            types.row(
                    codec.type(),
                    Quantity.format("%.3f ns", codec.encodeNanoseconds()),
                    Quantity.format("%.3f ns", codec.decodeNanoseconds()));
        }
        String head =
                Quantity.format(
                        "%s, %s, %d threads%n%n",
                        report.device(), report.kernels(), report.threads());
        return head + table + System.lineSeparator() + types;
    }

    private static String seconds(double seconds) {
        return Quantity.format("%.3f s", seconds);
    }
}
