package dev.lathe.measure;

import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import java.util.SplittableRandom;

/** How fast a device multiplies large F32 matrices. */
public final class GemmRate {
    private static final int QUICK_SIZE = 1024;
    private static final int QUICK_REPEATS = 3;

    private GemmRate() {}

    /**
     * Measures for a fraction of a second, for estimates.
     *
     * @param device the device
     * @return floating-point operations per second, the best of several products
     */
    public static double quick(Device device) {
        return measure(device, QUICK_SIZE, QUICK_SIZE, QUICK_SIZE, QUICK_REPEATS);
    }

    /**
     * Measures y = x Wᵀ.
     *
     * @param device the device
     * @param tokens rows of x and y
     * @param rows rows of W
     * @param cols columns of x and W
     * @param repeats how often; the best counts, after one product that warms up
     * @return floating-point operations per second
     */
    public static double measure(Device device, long tokens, long rows, long cols, int repeats) {
        try (Scope scope = device.scope()) {
            SplittableRandom random = new SplittableRandom(1);
            Tensor x = scope.add(RandomTensors.uniform(device, random, tokens, cols, 1));
            Tensor w = scope.add(RandomTensors.uniform(device, random, rows, cols, 1));
            Tensor y = scope.tensor(DType.F32, tokens, rows);
            double seconds = Stopwatch.best(device, repeats, () -> device.linear(y, x, w, null));
            return 2.0 * tokens * rows * cols / seconds;
        }
    }
}
