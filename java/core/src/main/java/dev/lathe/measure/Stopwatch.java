package dev.lathe.measure;

import dev.lathe.device.Device;

/** Times work on a device. */
final class Stopwatch {
    private Stopwatch() {}

    /**
     * Runs work once to warm up, then some more times.
     *
     * @return seconds of the fastest run
     */
    static double best(Device device, int repeats, Runnable work) {
        seconds(device, work);
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < repeats; i++) {
            best = Math.min(best, seconds(device, work));
        }
        return best;
    }

    /** Seconds from handing in the work to its end. */
    static double seconds(Device device, Runnable work) {
        long start = System.nanoTime();
        work.run();
        device.synchronize();
        return (System.nanoTime() - start) / 1e9;
    }
}
