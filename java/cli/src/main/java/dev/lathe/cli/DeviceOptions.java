package dev.lathe.cli;

import dev.lathe.device.Device;
import dev.lathe.device.Devices;
import picocli.CommandLine.Option;

/** Where to compute. */
class DeviceOptions {
    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "auto",
            description =
                    "auto (the CPU), cpu, cuda, cuda:N or cuda-emulated; compress takes several GPUs:"
                            + " cuda:0,cuda:1. lathe devices tells which there are. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Host threads; 0: all processors. Default: ${DEFAULT-VALUE}.")
    private int threads;

    final String device() {
        return device;
    }

    final int threads() {
        return threads;
    }

    /** All devices that are named, for commands that take several. */
    final Devices openAll() {
        return Devices.open(device, threads, 0);
    }

    final Device open() {
        return Device.open(device, threads);
    }
}
