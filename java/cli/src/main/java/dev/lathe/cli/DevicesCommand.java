package dev.lathe.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists what this build can compute on. */
@Command(
        name = "devices",
        customSynopsis = "lathe devices [--json]",
        description =
                "List the devices that can compute, with their kernels and memory, and why others"
                        + " cannot.",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  lathe devices")
final class DevicesCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
        List<DeviceEntry> devices = DeviceEntry.all();
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(devices) : text(devices));
    }

    private static String text(List<DeviceEntry> devices) {
        return devices.stream()
                .map(device -> device.table().toString())
                .collect(Collectors.joining(System.lineSeparator()));
    }
}
