package dev.lathe.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights that make up for changed inputs, against least squares in double precision. */
class InputDriftTest {
    private static final int TOKENS = 200;
    private static final int BATCH = 60;
    private static final double DAMPING = 0.01;

    /**
     * The corrected weights V solve V (X̃ᵀX̃ + P) = W (XᵀX̃ + P): ridge regression of the
     * original's outputs on the compressed inputs, towards W, with P what damping and shrinkage add
     * to 1 − s times the Gram matrix, over 1 − s.
     */
    @ParameterizedTest
    @CsvSource({
        "40, 16, 0, 1",
        "40, 16, 0, 0.5",
        "6, 16, 0, 1",
        "6, 16, 0, 0.25",
        "8, 16, 0, 1",
        "40, 16, 0.05, 1",
        "40, 16, 0.5, 1",
        "6, 16, 0.5, 1",
        "6, 16, 0.5, 0.25"
    })
    void weightsGiveTheOriginalsOutputs(int rows, int cols, double shrinkage, double share) {
        Random random = new Random(rows + cols);
        double[] x = values(random, TOKENS * cols, 1);
        double[] moved = values(random, TOKENS * cols, 0.3);
        for (int i = 0; i < moved.length; i++) {
            moved[i] += 0.9 * x[i];
        }
        double[] w = values(random, rows * cols, 1);
        double[] corrected = new double[rows * cols];
        try (Device device = Device.open("cpu", 1);
                Scope scope = device.scope();
                Tensor weight = device.tensor(DType.F32, rows, cols).set(narrow(w));
                InputStatistics statistics = new InputStatistics(device, cols);
                InputDrift<String> drift =
                        new InputDrift<>(
                                device,
                                Map.of("layer", weight),
                                InputDrift.sumsOutputs(rows, cols))) {
            for (int first = 0; first < TOKENS; first += BATCH) {
                int count = Math.min(BATCH, TOKENS - first);
                Tensor original = part(scope, x, first, count, cols);
                Tensor input = part(scope, moved, first, count, cols);
                statistics.accumulate(input);
                drift.accumulate(original, input);
            }
            statistics.finish("test");
            Tensor factor = statistics.factor(DAMPING, shrinkage);
            // In two parts, as large matrices are worked on.
            for (int first = 0; first < rows; first += rows / 2) {
                Tensor part = scope.tensor(DType.F32, rows / 2, cols);
                part.copyFrom(weight.rows(first, rows / 2));
                drift.correct("layer", part, first, factor, shrinkage, share);
                float[] values = part.toArray();
                for (int i = 0; i < values.length; i++) {
                    corrected[first * cols + i] = values[i];
                }
            }
        }
        double[] gram = product(moved, moved, cols);
        double[] cross = product(x, moved, cols);
        double mean = 0;
        for (int i = 0; i < cols; i++) {
            mean += gram[i * cols + i] / cols;
        }
        for (int i = 0; i < cols; i++) {
            double diagonal = gram[i * cols + i];
            double penalty = (shrinkage * diagonal + DAMPING * mean) / (1 - shrinkage);
            gram[i * cols + i] += penalty;
            cross[i * cols + i] += penalty;
        }
        double[] ends = new double[rows * cols];
        for (int i = 0; i < ends.length; i++) {
            ends[i] = w[i] + (corrected[i] - w[i]) / share;
        }
        double[] left = times(ends, gram, rows, cols);
        double[] right = times(w, cross, rows, cols);
        for (int i = 0; i < left.length; i++) {
            // Elements are near TOKENS; weights are off by some 1e-6, times 16 sums of TOKENS.
            assertEquals(right[i], left[i], 2.5e-4 * TOKENS / share, "element " + i);
        }
    }

    private static double[] values(Random random, int count, double size) {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (size * random.nextGaussian());
        }
        return values;
    }

    private static float[] narrow(double[] values) {
        float[] narrow = new float[values.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (float) values[i];
        }
        return narrow;
    }

    private static Tensor part(Scope scope, double[] x, int first, int count, int cols) {
        float[] values = new float[count * cols];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) x[first * cols + i];
        }
        return scope.tensor(DType.F32, count, cols).set(values);
    }

    /** aᵀ b. */
    private static double[] product(double[] a, double[] b, int cols) {
        double[] sums = new double[cols * cols];
        for (int t = 0; t < a.length / cols; t++) {
            for (int i = 0; i < cols; i++) {
                for (int j = 0; j < cols; j++) {
                    sums[i * cols + j] += a[t * cols + i] * b[t * cols + j];
                }
            }
        }
        return sums;
    }

    private static double[] times(double[] w, double[] h, int rows, int cols) {
        double[] sums = new double[rows * cols];
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < cols; i++) {
                for (int j = 0; j < cols; j++) {
                    sums[r * cols + j] += w[r * cols + i] * h[i * cols + j];
                }
            }
        }
        return sums;
    }
}
