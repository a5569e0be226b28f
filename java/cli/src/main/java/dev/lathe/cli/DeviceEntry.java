package dev.lathe.cli;

import dev.lathe.UsageException;
import dev.lathe.device.Device;
import dev.lathe.device.cuda.Cuda;
import dev.lathe.device.cuda.CudaGpu;
import dev.lathe.device.cuda.CudaStatus;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A device, or why it is not to be had, as {@code lathe devices} tells it. */
sealed interface DeviceEntry {
    /** Its name. */
    String EMULATION = "cuda-emulated";

    /** As {@code --device} takes it. */
    String name();

    /** Lines of a name and a value each. */
    Table table();

    /**
     * The processor.
     *
     * @param name as {@code --device} takes it
     * @param kernels which kernels compute unless told otherwise
     * @param runnableKernels all that the processor can run, the fastest last
     * @param threads host threads
     * @param memoryBytes memory of the machine
     * @param freeMemoryBytes of these, not in use
     */
    record Processor(
            String name,
            String kernels,
            List<String> runnableKernels,
            int threads,
            long memoryBytes,
            long freeMemoryBytes)
            implements DeviceEntry {
        @Override
        public Table table() {
            return new Table(2)
                    .row("device", name)
                    .row("kernels", kernels)
                    .row("can run", String.join(", ", runnableKernels))
                    .row("threads", Integer.toString(threads))
                    .row("memory", memory(memoryBytes, freeMemoryBytes));
        }
    }

    /**
     * An NVIDIA GPU.
     *
     * @param name as {@code --device} takes it
     * @param model its maker's name for it
     * @param computeCapability generation of its instructions
     * @param driver the newest CUDA that the driver knows
     * @param runtime version of the CUDA runtime
     * @param memoryBytes its memory
     * @param freeMemoryBytes of these, not in use
     */
    record Gpu(
            String name,
            String model,
            String computeCapability,
            String driver,
            String runtime,
            long memoryBytes,
            long freeMemoryBytes)
            implements DeviceEntry {
        @Override
        public Table table() {
            return new Table(2)
                    .row("device", name)
                    .row("model", model + ", compute capability " + computeCapability)
                    .row("CUDA", "runtime " + runtime + ", driver for " + driver)
                    .row("memory", memory(memoryBytes, freeMemoryBytes));
        }
    }

    /**
     * CUDA's kernels on the processor.
     *
     * @param name as {@code --device} takes it
     * @param kernels which kernels compute
     * @param threads host threads
     */
    record Emulation(String name, String kernels, int threads) implements DeviceEntry {
        @Override
        public Table table() {
            return new Table(2)
                    .row("device", name)
                    .row("kernels", kernels)
                    .row("threads", Integer.toString(threads))
                    .row("for", "tests: it checks each access to memory, and is slow");
        }
    }

    /**
     * What is not to be had.
     *
     * @param name as {@code --device} takes it
     * @param reason why not
     */
    record Missing(String name, String reason) implements DeviceEntry {
        @Override
        public Table table() {
            return new Table(2).row("device", name).row("missing", reason);
        }
    }

    /** All that there are. */
    static List<DeviceEntry> all() {
        List<DeviceEntry> entries = new ArrayList<>(List.of(processor()));
        CudaStatus status = Cuda.status();
        if (status instanceof CudaStatus.Available found) {
            found.gpus().forEach(gpu -> entries.add(gpu(found, gpu)));
        } else if (status instanceof CudaStatus.Unavailable missing) {
            entries.add(new Missing("cuda", missing.explanation()));
        }
        entries.add(emulation());
        return entries;
    }

    private static DeviceEntry processor() {
        var system =
                ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
        try (Device device = Device.open("cpu", 0)) {
            return new Processor(
                    device.name(),
                    device.kernelVariant(),
                    List.of(Device.runnableKernels()),
                    device.threads(),
                    system.getTotalMemorySize(),
                    system.getFreeMemorySize());
        }
    }

    private static DeviceEntry gpu(CudaStatus.Available found, CudaGpu gpu) {
        return new Gpu(
                gpu.name(),
                gpu.model(),
                gpu.computeCapability(),
                found.driver().toString(),
                found.runtime().toString(),
                gpu.memoryBytes(),
                gpu.freeMemoryBytes());
    }

    private static DeviceEntry emulation() {
        Optional<String> missing = Cuda.missing(EMULATION);
        if (missing.isPresent()) {
            return new Missing(EMULATION, missing.get());
        }
        try (Device device = Device.open(EMULATION, 0)) {
            return new Emulation(EMULATION, device.kernelVariant(), device.threads());
        } catch (UsageException failure) {
            return new Missing(EMULATION, failure.getMessage());
        }
    }

    private static String memory(long all, long free) {
        return Quantity.bytes(all) + ", " + Quantity.bytes(free) + " free";
    }
}
