package dev.lathe.device;

import dev.lathe.UsageException;
import dev.lathe.device.cuda.Cuda;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The open devices of a run. The first computes what there is one of: activations and statistics.
 * Matrices that do not wait for each other are dealt out among all.
 */
public final class Devices implements AutoCloseable {
    private final List<Device> all = new ArrayList<>();

    private Devices() {}

    /**
     * Opens devices by their names.
     *
     * @param names as {@link Device#open} takes them, or several GPUs separated by commas: {@code
     *     cuda:0,cuda:1}
     * @param threads host threads; 0 takes every processor that the process may use
     * @param memory bytes of each GPU's memory that may be held at once; 0 takes what is free
     * @return the open devices
     * @throws UsageException if one is not to be had, is named twice, or computes otherwise than
     *     the first, so that results would depend on which device did what
     */
    public static Devices open(String names, int threads, long memory) {
        Devices devices = new Devices();
        try {
            Set<String> seen = new HashSet<>();
            List<String> wanted = List.of(names.split(",", -1));
            for (String name : wanted) {
                if (wanted.size() > 1 && !Cuda.isNamed(name)) {
                    throw new UsageException(
                            "devices '"
                                    + names
                                    + "': several can be named where all are GPUs, such as"
                                    + " cuda:0,cuda:1; '"
                                    + name
                                    + "' is none");
                }
                devices.add(Device.open(name, "auto", threads, memory));
                if (!seen.add(Cuda.numbered(devices.last().name()))) {
                    throw new UsageException("devices '" + names + "': " + name + " comes twice");
                }
            }
            return devices;
        } catch (RuntimeException e) {
            devices.close();
            throw e;
        }
    }

    private void add(Device device) {
        all.add(device);
        Device first = first();
        if (!device.kernelVariant().equals(first.kernelVariant())) {
            throw new UsageException(
                    String.format(
                            "%s computes with %s, %s with %s; devices of one run must be alike",
                            first.name(),
                            first.kernelVariant(),
                            device.name(),
                            device.kernelVariant()));
        }
    }

    private Device last() {
        return all.get(all.size() - 1);
    }

    /**
     * The device that computes what there is one of.
     *
     * @return the first that was named
     */
    public Device first() {
        return all.get(0);
    }

    /**
     * All devices.
     *
     * @return in the order in which they were named, at least one
     */
    public List<Device> all() {
        return List.copyOf(all);
    }

    /**
     * Their names, as {@link #open} takes them.
     *
     * @return such as {@code cuda:0,cuda:1}
     */
    public String names() {
        return String.join(",", all.stream().map(Device::name).toList());
    }

    /**
     * The most bytes of open tensors that there have been at once on one device.
     *
     * @return bytes; nothing where tensors are in the host's memory
     */
    public Optional<Long> peakBytes() {
        return first().freeBytes() >= 0
                ? all.stream().map(Device::peakBytes).max(Long::compare)
                : Optional.empty();
    }

    @Override
    public void close() {
        all.forEach(Device::close);
    }
}
