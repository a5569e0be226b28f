package dev.lathe.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lathe.nativebackend.ObsOptions;
import dev.lathe.nativebackend.ObsReport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * SparseGPT of small layers against an independent NumPy reference in double precision ({@code
 * python-interop}, {@code lathe_interop.golden.sparsegpt}).
 */
class SparseGptGoldenTest {
    private static final double ROUNDOFF_32 = 0x1p-24;
    private static final double ROUNDOFF_64 = 0x1p-53;
    private static final JsonNode GOLDEN = GoldenTensors.json("sparsegpt/problems.json");

    /** One layer, what is asked of it and what the reference made of it. */
    private record Problem(
            JsonNode json, float[] x, double[] w, double[] h, byte[] mask, double[] compressed) {
        static Problem read(JsonNode json) {
            try (GoldenTensors file =
                    GoldenTensors.open("sparsegpt/" + json.get("file").textValue())) {
                return new Problem(
                        json,
                        json.has("tokens") ? file.floats("x") : null,
                        file.doubles("w"),
                        file.doubles("h"),
                        file.bytes("mask"),
                        file.doubles("compressed"));
            }
        }

        int integer(String name) {
            return json.get(name).intValue();
        }

        double number(String name) {
            return json.get(name).doubleValue();
        }

        int rows() {
            return integer("rows");
        }

        int cols() {
            return integer("cols");
        }

        int maskBlock() {
            return integer("maskBlock");
        }

        @Override
        public String toString() {
            return json.get("file").textValue();
        }
    }

    /** What the backend made of a problem. */
    private record Found(
            double[] u, double[] w, byte[] mask, Factorization factor, long zeros, double loss) {}

    static Stream<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        GOLDEN.get("problems").forEach(json -> problems.add(Problem.read(json)));
        return problems.stream();
    }

    @Test
    void thereAreTwentyProblems() {
        assertEquals(20, problems().count());
    }

    @ParameterizedTest
    @MethodSource("problems")
    void onTheSameHessianTheMaskIsTheSame(Problem problem) {
        for (String kernels : Device.runnableKernels()) {
            try (Device device = Device.open("cpu", kernels, 2)) {
                Found wide = compress(device, problem, problem.h, DType.F64);
                checkAgainstReference(problem, wide, factorError(problem, wide.u), ROUNDOFF_64);
                Found narrow = compress(device, problem, problem.h, DType.F32);
                checkFactor(problem, narrow.u, wide.u);
                checkAgainstReference(
                        problem, narrow, difference(problem, narrow.u, wide.u), ROUNDOFF_32);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("problems")
    void onItsOwnHessianOnlyScoresTooCloseToCallDiffer(Problem problem) {
        try (Device device = Device.open("cpu", 2)) {
            double[] h = hessian(device, problem);
            checkHessian(problem, h);
            Found own = compress(device, problem, h, DType.F32);
            assertEquals(problem.integer("zeros"), own.zeros);
            double[] u = compress(device, problem, problem.h, DType.F64).u;
            PruningBounds bounds =
                    PruningBounds.of(
                            problem.rows(),
                            problem.cols(),
                            live(problem),
                            u,
                            difference(problem, own.u, u),
                            ROUNDOFF_32,
                            own.mask);
            double worst = bounds.worstChoice(problem.integer("ofM"), problem.maskBlock());
            assertTrue(worst <= 0, problem + ": a score was misplaced by " + worst);
            assertEquals(bounds.loss, own.loss, bounds.lossBound, problem + " loss");
            checkWeights(problem, own, bounds.compensated, bounds.bound);
            if (problem.json.get("exactHessian").booleanValue()) {
                assertArrayEquals(problem.mask, own.mask, problem + " mask");
            }
        }
    }

    @Test
    void whereThePrunedColumnsComeFirstTheResultIsTheLeastSquaresOptimum() {
        Problem problem = Problem.read(GOLDEN.get("closedForm"));
        double[] optimum;
        try (GoldenTensors file = GoldenTensors.open("sparsegpt/closed_form.safetensors")) {
            optimum = file.doubles("optimum");
        }
        for (String kernels : Device.runnableKernels()) {
            try (Device device = Device.open("cpu", kernels, 3)) {
                Found found = compress(device, problem, problem.h, DType.F64);
                assertArrayEquals(problem.mask, found.mask);
                for (int i = 0; i < optimum.length; i++) {
                    assertEquals(optimum[i], found.w[i], 1e-9, "weight " + i);
                }
            }
        }
    }

    private static void checkAgainstReference(
            Problem problem, Found found, double[] factorError, double roundoff) {
        String where = problem + " at roundoff " + roundoff;
        assertEquals(problem.number("dampingUsed"), found.factor.damping(), where);
        assertEquals(1, found.factor.attempts(), where);
        if (problem.json.has("deadColumns")) {
            assertEquals(problem.json.get("deadColumns").size(), found.factor.deadColumns(), where);
        }
        assertArrayEquals(problem.mask, found.mask, where);
        assertEquals(problem.integer("zeros"), found.zeros, where);
        PruningBounds bounds =
                PruningBounds.of(
                        problem.rows(),
                        problem.cols(),
                        live(problem),
                        found.u,
                        factorError,
                        roundoff,
                        found.mask);
        checkWeights(problem, found, problem.compressed, bounds.bound);
        assertEquals(problem.number("loss"), found.loss, bounds.lossBound, where);
    }

    private static void checkWeights(
            Problem problem, Found found, double[] expected, double[] bound) {
        for (int i = 0; i < expected.length; i++) {
            if (found.mask[i] != 0) {
                assertEquals(0, found.w[i], problem + ": pruned weight " + i);
            } else {
                assertEquals(expected[i], found.w[i], bound[i], problem + ": weight " + i);
            }
        }
    }

    /** What a factor U in double precision may be off by on both sides of a comparison together. */
    private static double[] factorError(Problem problem, double[] u) {
        return FactorBounds.of(problem.cols(), u, 2 * ROUNDOFF_64);
    }

    /** The factor in F32, held to what its own rounding may do. */
    private static void checkFactor(Problem problem, double[] narrow, double[] wide) {
        double[] allowed = FactorBounds.of(problem.cols(), wide, 2 * ROUNDOFF_64 + ROUNDOFF_32);
        for (int i = 0; i < wide.length; i++) {
            assertEquals(wide[i], narrow[i], allowed[i], problem + ": entry " + i + " of U");
        }
    }

    /** |narrow − wide|, and what the wide one may be off by. */
    private static double[] difference(Problem problem, double[] narrow, double[] wide) {
        double[] error = factorError(problem, wide);
        for (int i = 0; i < error.length; i++) {
            error[i] += Math.abs(narrow[i] - wide[i]);
        }
        return error;
    }

    /** Rounded products and sums of `tokens` terms, against the reference's rounded F64 sums. */
    private static void checkHessian(Problem problem, double[] h) {
        int n = problem.cols();
        boolean exact = problem.json.get("exactHessian").booleanValue();
        double relative = exact ? 0 : (problem.integer("tokens") + 3) * ROUNDOFF_32;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double size = Math.sqrt(problem.h[i * n + i] * problem.h[j * n + j]);
                assertEquals(
                        problem.h[i * n + j],
                        h[i * n + j],
                        relative * size,
                        problem + ": H[" + i + "," + j + "]");
            }
        }
    }

    private static double[] hessian(Device device, Problem problem) {
        int n = problem.cols();
        int tokens = problem.integer("tokens");
        try (Scope scope = device.scope()) {
            Tensor h = scope.tensor(DType.F32, n, n);
            h.zero();
            Tensor x = scope.tensor(DType.F32, tokens, n).set(problem.x);
            int half = tokens / 2;
            device.accumulateHessian(h, x.rows(0, half));
            device.accumulateHessian(h, x.rows(half, tokens - half));
            device.finishHessian(h, tokens);
            return GoldenTensors.widen(h.toArray());
        }
    }

    private static boolean[] dead(Problem problem) {
        int n = problem.cols();
        boolean[] dead = new boolean[n];
        for (int j = 0; j < n; j++) {
            dead[j] = problem.h[j * n + j] == 0;
        }
        return dead;
    }

    /** The weights with those of dead columns at 0. */
    private static double[] live(Problem problem) {
        boolean[] dead = dead(problem);
        double[] w = problem.w.clone();
        for (int i = 0; i < w.length; i++) {
            if (dead[i % dead.length]) {
                w[i] = 0;
            }
        }
        return w;
    }

    private static Found compress(Device device, Problem problem, double[] hessian, DType type) {
        int rows = problem.rows();
        int cols = problem.cols();
        boolean[] dead = dead(problem);
        try (Scope scope = device.scope();
                ObsOptions options = options(problem);
                BytePointer deadColumns = new BytePointer(cols);
                BytePointer mask = new BytePointer((long) rows * cols)) {
            Tensor h = upload(scope.tensor(type, cols, cols), hessian);
            Tensor w = upload(scope.tensor(type, rows, cols), problem.w);
            Tensor u = scope.tensor(type, cols, cols);
            Factorization factor =
                    device.inverseFactor(
                            u, h, problem.number("damping"), problem.number("shrinkage"));
            for (int j = 0; j < cols; j++) {
                deadColumns.put(j, (byte) (dead[j] ? 1 : 0));
            }
            // The mask is no part of Device's interface.
            try (ObsReport report =
                    device.backend()
                            .obsCompress(
                                    w.pointer(),
                                    u.pointer(),
                                    type.id(),
                                    rows,
                                    cols,
                                    options,
                                    deadColumns,
                                    null,
                                    mask)) {
                byte[] chosen = new byte[rows * cols];
                mask.get(chosen);
                return new Found(
                        values(u), values(w), chosen, factor, report.zeros(), report.loss());
            }
        }
    }

    private static ObsOptions options(Problem problem) {
        ObsOptions options = new ObsOptions();
        options.sparsity(problem.number("sparsity"));
        options.keepN(problem.integer("keepN"));
        options.ofM(problem.integer("ofM"));
        options.maskBlock(problem.maskBlock());
        options.updateBlock(problem.integer("updateBlock"));
        return options;
    }

    private static Tensor upload(Tensor tensor, double[] values) {
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(Math.toIntExact(tensor.bytes()))
                        .order(ByteOrder.nativeOrder());
        for (double value : values) {
            if (tensor.type() == DType.F32) {
                buffer.putFloat((float) value);
            } else {
                buffer.putDouble(value);
            }
        }
        tensor.upload(0, buffer.flip());
        return tensor;
    }

    private static double[] values(Tensor tensor) {
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(Math.toIntExact(tensor.bytes()))
                        .order(ByteOrder.nativeOrder());
        tensor.download(0, buffer);
        buffer.flip();
        double[] values = new double[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.type() == DType.F32 ? buffer.getFloat() : buffer.getDouble();
        }
        return values;
    }
}
