package dev.lathe.measure;

import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import java.util.SplittableRandom;

/** A large F32 matrix product, y = x Wᵀ, ready to be timed: what other work is compared with. */
public final class GemmRate implements AutoCloseable {
    private static final int QUICK_SIZE = 1024;
    private static final int QUICK_REPEATS = 3;

    private final Device device;
    private final Scope scope;
    private final Tensor x;
    private final Tensor w;
    private final Tensor y;

    /**
     * Prepares the product.
     *
     * @param device the device
     * @param tokens rows of x and y
     * @param rows rows of W
     * @param cols columns of x and W
     */
    GemmRate(Device device, long tokens, long rows, long cols) {
        this.device = device;
        SplittableRandom random = new SplittableRandom(1);
        scope = device.scope();
        x = scope.add(RandomTensors.uniform(device, random, tokens, cols, 1));
        w = scope.add(RandomTensors.uniform(device, random, rows, cols, 1));
        y = scope.tensor(DType.F32, tokens, rows);
    }

    /**
     * Measures for a fraction of a second, for estimates.
     *
     * @param device the device
     * @return floating-point operations per second, the best of several products
     */
    public static double quick(Device device) {
        try (GemmRate gemm = new GemmRate(device, QUICK_SIZE, QUICK_SIZE, QUICK_SIZE)) {
            gemm.rate();
            double best = 0;
            for (int i = 0; i < QUICK_REPEATS; i++) {
                best = Math.max(best, gemm.rate());
            }
            return best;
        }
    }

    /** Runs the product once; floating-point operations per second. */
    double rate() {
        double seconds = Stopwatch.seconds(device, () -> device.linear(y, x, w, null));
        return 2.0 * x.rows() * w.rows() * x.cols() / seconds;
    }

    @Override
    public void close() {
        scope.close();
    }
}
