package dev.lathe.compress;

import dev.lathe.LatheException;
import dev.lathe.device.Device;
import dev.lathe.device.Devices;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread for each device but the first, which the calling thread uses. A device is used by one
 * thread at a time: what is handed to a device must have ended before the caller uses it again.
 */
final class DeviceThreads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceThreads.class);

    private final Devices devices;
    private final ExecutorService others;

    DeviceThreads(Devices devices) {
        this.devices = devices;
        int count = Math.max(1, devices.all().size() - 1);
        this.others =
                Executors.newFixedThreadPool(
                        count,
                        work -> {
                            Thread thread = new Thread(work, "device");
                            thread.setDaemon(true);
                            return thread;
                        });
    }

    Devices devices() {
        return devices;
    }

    /** Begins work on a device other than the first. */
    Future<?> begin(Runnable work) {
        return others.submit(work);
    }

    /** Waits for the end; what the work threw is thrown. */
    static void end(Future<?> work) {
        try {
            work.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new LatheException("the thread of a device: " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LatheException("interrupted", e);
        }
    }

    /** Deals items out among all devices in turns, and waits until all are done. */
    <T> void each(List<T> items, BiConsumer<Device, T> work) {
        List<Device> all = devices.all();
        List<Future<?>> running = new ArrayList<>();
        for (int i = 1; i < all.size(); i++) {
            int turn = i;
            running.add(begin(() -> turns(items, all, turn, work)));
        }
        try {
            turns(items, all, 0, work);
        } finally {
            running.forEach(DeviceThreads::await);
        }
        running.forEach(DeviceThreads::end);
    }

    /** Waits for the end, whatever the work threw: only then its device is free. */
    static void await(Future<?> work) {
        try {
            end(work);
        } catch (RuntimeException e) {
            LOG.debug("the thread of a device has failed", e);
        }
    }

    private static <T> void turns(
            List<T> items, List<Device> all, int turn, BiConsumer<Device, T> work) {
        for (int item = turn; item < items.size(); item += all.size()) {
            work.accept(all.get(turn), items.get(item));
        }
    }

    @Override
    public void close() {
        others.shutdown();
    }
}
