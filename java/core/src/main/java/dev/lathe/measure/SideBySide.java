package dev.lathe.measure;

import dev.lathe.device.Device;
import java.util.Arrays;

/**
 * Work timed in turns with a matrix product. What else the machine does slows both alike, so that
 * the ratio of two neighbours says more than the ratio of two best times.
 *
 * @param seconds the fastest run of the work
 * @param rate floating-point operations per second of that run
 * @param gemmRate those of the fastest product
 * @param share median over the turns of the work's rate divided by the product's
 */
record SideBySide(double seconds, double rate, double gemmRate, double share) {

    /** Runs both once to warm up, then in turns. */
    static SideBySide time(
            Device device, GemmRate gemm, int turns, double operations, Runnable work) {
        gemm.rate();
        Stopwatch.seconds(device, work);
        double best = Double.POSITIVE_INFINITY;
        double product = 0;
        double[] shares = new double[turns];
        for (int i = 0; i < turns; i++) {
            double rate = gemm.rate();
            double seconds = Stopwatch.seconds(device, work);
            shares[i] = operations / seconds / rate;
            best = Math.min(best, seconds);
            product = Math.max(product, rate);
        }
        Arrays.sort(shares);
        double median = (shares[(turns - 1) / 2] + shares[turns / 2]) / 2;
        return new SideBySide(best, operations / best, product, median);
    }
}
