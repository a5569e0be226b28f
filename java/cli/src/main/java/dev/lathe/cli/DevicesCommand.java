package dev.lathe.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.lathe.device.Device;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists what this build can compute on. */
@Command(
        name = "devices",
        customSynopsis = "lathe devices [--json]",
        description = "List the devices that can compute, with their kernels and memory.",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  lathe devices")
final class DevicesCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    /**
     * A device.
     *
     * @param name as {@code --device} takes it
     * @param kernels which kernels compute unless told otherwise
     * @param runnableKernels all that the processor can run, the fastest last
     * @param threads host threads
     * @param memoryBytes memory of the machine
     * @param freeMemoryBytes of these, not in use
     */
    record Entry(
            String name,
            String kernels,
            List<String> runnableKernels,
            int threads,
            long memoryBytes,
            long freeMemoryBytes) {}

    @Override
    public void run() {
        List<Entry> devices = List.of(cpu());
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(devices) : text(devices));
    }

    private static Entry cpu() {
        var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        try (Device device = Device.open("cpu", 0)) {
            return new Entry(
                    device.name(),
                    device.kernelVariant(),
                    List.of(Device.runnableKernels()),
                    device.threads(),
                    system.getTotalMemorySize(),
                    system.getFreeMemorySize());
        }
    }

    private static String text(List<Entry> devices) {
        StringBuilder text = new StringBuilder();
        for (Entry device : devices) {
            Table table = new Table(2);
            table.row("device", device.name);
            table.row("kernels", device.kernels);
            table.row("can run", String.join(", ", device.runnableKernels));
            table.row("threads", Integer.toString(device.threads));
            table.row(
                    "memory",
                    Quantity.bytes(device.memoryBytes)
                            + ", "
                            + Quantity.bytes(device.freeMemoryBytes)
                            + " free");
            text.append(table);
        }
        return text.toString();
    }
}
