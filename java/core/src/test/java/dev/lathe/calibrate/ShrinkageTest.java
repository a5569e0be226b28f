package dev.lathe.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.ObsStep;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShrinkageTest {
    private static final int COLS = 256;
    private static final int ROWS = 64;

    @Test
    void autoFallsWithTheTokensPerColumn() {
        double previous = 1;
        for (long tokens : new long[] {16, 256, 1024, 8192, 1 << 20}) {
            double share = Shrinkage.AUTO.of(tokens, COLS, true);
            assertTrue(share <= previous && share > 0 && share < 1, "" + share);
            previous = share;
        }
        assertEquals(0, Shrinkage.AUTO.of(1024, COLS, false));
        assertEquals(0.25, new Shrinkage(0.25).of(1024, COLS, false));
        assertEquals(Shrinkage.AUTO, Shrinkage.of("AUTO"));
        assertEquals(new Shrinkage(0.5), Shrinkage.of(0.5));
        assertThrows(UsageException.class, () -> Shrinkage.of("much"));
        assertThrows(UsageException.class, () -> new Shrinkage(1.5));
    }

    /**
     * Inputs with a known covariance, so that the error on all text there could be is known: with
     * few tokens auto must beat no shrinkage, with many it must not cost a percent.
     */
    @ParameterizedTest
    @ValueSource(ints = {256, 16384})
    void autoServesUnseenInputs(int tokens) {
        try (Device device = Device.open("cpu", 1);
                Scope scope = device.scope()) {
            Random random = new Random(5);
            Tensor truth = scope.tensor(DType.F32, COLS, COLS).set(covariance());
            Tensor w = scope.tensor(DType.F32, ROWS, COLS).set(gaussian(random, ROWS * COLS));
            float[] inputs = correlated(random, tokens);
            double none = error(device, truth, w, inputs, tokens, new Shrinkage(0.0));
            double auto = error(device, truth, w, inputs, tokens, Shrinkage.AUTO);
            if (tokens == COLS) {
                assertTrue(auto < none, auto + " with auto, " + none + " without");
            } else {
                assertTrue(auto < 1.01 * none, auto + " with auto, " + none + " without");
            }
        }
    }

    /** tr(ΔW H ΔWᵀ) with the true H of what is quantized with the H of the tokens. */
    private static double error(
            Device device,
            Tensor truth,
            Tensor w,
            float[] inputs,
            int tokens,
            Shrinkage shrinkage) {
        try (Scope scope = device.scope();
                InputStatistics statistics = new InputStatistics(device, COLS)) {
            statistics.accumulate(scope.tensor(DType.F32, tokens, COLS).set(inputs));
            statistics.finish("test");
            Tensor copy = scope.tensor(DType.F32, ROWS, COLS);
            copy.copyFrom(w);
            DType type = DType.of("Q2_K");
            Tensor packed = scope.tensor(type, ROWS, COLS);
            Tensor factor = statistics.factor(0.01, shrinkage.of(tokens, COLS, true));
            ObsStep step = ObsStep.unstructured(0).storedAs(type);
            device.obsCompress(copy, factor, step, statistics.dead(), packed);
            device.dequantize(copy, packed);
            device.add(copy, w, -1);
            return device.quadraticForm(copy, truth);
        }
    }

    /** Neighbours are correlated by 0.9, those further off by its powers. */
    private static float[] covariance() {
        float[] h = new float[COLS * COLS];
        for (int i = 0; i < COLS; i++) {
            for (int j = 0; j < COLS; j++) {
                h[i * COLS + j] = (float) (2 * Math.pow(0.9, Math.abs(i - j)));
            }
        }
        return h;
    }

    private static float[] correlated(Random random, int tokens) {
        float[] x = gaussian(random, tokens * COLS);
        float fresh = (float) Math.sqrt(1 - 0.9 * 0.9);
        for (int t = 0; t < tokens; t++) {
            for (int j = 1; j < COLS; j++) {
                int at = t * COLS + j;
                x[at] = 0.9f * x[at - 1] + fresh * x[at];
            }
        }
        return x;
    }

    private static float[] gaussian(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
