package dev.lathe.device;

import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.nativebackend.Backend;
import dev.lathe.nativebackend.FactorReport;
import dev.lathe.nativebackend.ObsOptions;
import dev.lathe.nativebackend.ObsReport;
import dev.lathe.nativebackend.global.lathe;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;

/**
 * One open backend and its operations over {@link Tensor}s. Shapes are checked here; {@code
 * native/include/lathe/backend.h} gives the mathematics. T is a number of tokens. Used by one
 * thread at a time.
 */
public final class Device extends OpenBackend {
    private Device(Backend backend) {
        super(backend);
    }

    /**
     * Opens a device with the fastest kernels that it has.
     *
     * @param name {@code auto}, which is the CPU, {@code cpu}, {@code cuda}, {@code cuda:N} or
     *     {@code cuda-emulated}
     * @param threads host threads; 0 takes every processor that the process may use
     * @return the open device
     * @throws UsageException if there is no such device
     */
    public static Device open(String name, int threads) {
        return open(name, "auto", threads);
    }

    /**
     * Opens a device with named kernels, as tests do.
     *
     * @param name as above
     * @param kernels {@code auto} or one of {@link #runnableKernels()}
     * @param threads host threads; 0 takes every processor that the process may use
     * @return the open device
     * @throws UsageException if there is no such device or no such kernels
     */
    public static Device open(String name, String kernels, int threads) {
        return open(name, kernels, threads, 0);
    }

    /**
     * Opens a device with a budget of its memory.
     *
     * @param name as above
     * @param kernels as above
     * @param threads as above
     * @param memory bytes of a GPU's memory that may be held at once; 0 takes what is free
     * @return the open device
     * @throws UsageException if there is no such device or no such kernels, or the device has no
     *     memory of its own to be limited
     */
    public static Device open(String name, String kernels, int threads, long memory) {
        return new Device(Backends.create(name, kernels, threads, memory));
    }

    /**
     * The CPU kernel variants that this processor can run.
     *
     * @return their names, the fastest last
     */
    public static String[] runnableKernels() {
        return lathe.runnableKernels().getString().split(",");
    }

    /**
     * Allocates a tensor whose values are undefined. The caller closes it.
     *
     * @param type storage type
     * @param rows number of rows
     * @param cols values in a row
     * @return the tensor
     * @throws OutOfDeviceMemoryException if the device has not enough memory
     */
    public Tensor tensor(DType type, long rows, long cols) {
        return Tensor.allocate(this, type, rows, cols);
    }

    /**
     * Opens a scope that closes the tensors allocated through it.
     *
     * @return the scope
     */
    public Scope scope() {
        return new Scope(this);
    }

    /**
     * y = rows of a table.
     *
     * @param y [T × cols]
     * @param table [vocabulary × cols], any decodable type
     * @param tokens T ids
     */
    public void embedding(Tensor y, Tensor table, int[] tokens) {
        requireShape("embedding", y, tokens.length, table.cols());
        try (IntPointer ids = new IntPointer(tokens)) {
            run(
                    backend ->
                            backend.embedding(
                                    y.floats(),
                                    table.pointer(),
                                    table.type().id(),
                                    table.rows(),
                                    table.cols(),
                                    ids,
                                    tokens.length));
        }
    }

    /**
     * RMSNorm of each row.
     *
     * @param y [T × cols]; may be x
     * @param x [T × cols]
     * @param weight [1 × cols]
     * @param epsilon added to the mean square
     */
    public void rmsNorm(Tensor y, Tensor x, Tensor weight, float epsilon) {
        requireShape("rmsNorm", y, x.rows(), x.cols());
        requireShape("rmsNorm weight", weight, 1, x.cols());
        run(
                backend ->
                        backend.rmsNorm(
                                y.floats(),
                                x.floats(),
                                weight.floats(),
                                x.rows(),
                                x.cols(),
                                epsilon));
    }

    /**
     * Each row divided by the root mean square of a row of another matrix.
     *
     * @param y [T × cols]; may be x
     * @param x [T × cols]
     * @param reference [T × any width]
     * @param epsilon added to the mean square
     */
    public void divideByRms(Tensor y, Tensor x, Tensor reference, float epsilon) {
        requireShape("divideByRms", y, x.rows(), x.cols());
        requireShape("divideByRms reference", reference, x.rows(), reference.cols());
        run(
                backend ->
                        backend.divideByRms(
                                y.floats(),
                                x.floats(),
                                reference.floats(),
                                x.rows(),
                                x.cols(),
                                reference.cols(),
                                epsilon));
    }

    /**
     * Rotary position embedding in place; token t stands at position t mod length.
     *
     * @param x [T × heads·headSize]
     * @param length tokens of a sequence
     * @param headSize values of a head
     * @param inverseFrequencies one per rotated pair
     * @param interleaved whether pair i is (2i, 2i+1), else (i, i + n/2)
     */
    public void rope(
            Tensor x, long length, long headSize, float[] inverseFrequencies, boolean interleaved) {
        try (FloatPointer frequencies = new FloatPointer(inverseFrequencies)) {
            run(
                    backend ->
                            backend.rope(
                                    x.floats(),
                                    x.rows(),
                                    length,
                                    x.cols() / headSize,
                                    headSize,
                                    2L * inverseFrequencies.length,
                                    frequencies,
                                    1f,
                                    interleaved));
        }
    }

    /**
     * Causal grouped-query attention of each sequence alone.
     *
     * @param y [T × heads·headSize]
     * @param q [T × heads·headSize]
     * @param k [T × kvHeads·headSize]
     * @param v [T × kvHeads·headSize]
     * @param length tokens of a sequence; T is a multiple of it
     * @param headSize values of a head
     */
    public void attention(Tensor y, Tensor q, Tensor k, Tensor v, long length, long headSize) {
        requireShape("attention output", y, q.rows(), q.cols());
        requireShape("attention values", v, q.rows(), k.cols());
        if (q.rows() % length != 0) {
            throw new IllegalArgumentException(
                    "attention: " + q.rows() + " tokens are no whole sequences of " + length);
        }
        run(
                backend ->
                        backend.attention(
                                y.floats(),
                                q.floats(),
                                k.floats(),
                                v.floats(),
                                q.rows() / length,
                                length,
                                q.cols() / headSize,
                                k.cols() / headSize,
                                headSize,
                                (float) (1 / Math.sqrt(headSize))));
    }

    /**
     * y = silu(gate) · up, element by element.
     *
     * @param y the result; may be gate or up
     * @param gate same shape
     * @param up same shape
     */
    public void swiglu(Tensor y, Tensor gate, Tensor up) {
        requireShape("swiglu", y, gate.rows(), gate.cols());
        requireShape("swiglu", up, gate.rows(), gate.cols());
        run(backend -> backend.swiglu(y.floats(), gate.floats(), up.floats(), y.elements()));
    }

    /**
     * y += x.
     *
     * @param y the sum
     * @param x same shape
     */
    public void add(Tensor y, Tensor x) {
        add(y, x, 1);
    }

    /**
     * y += scale · x.
     *
     * @param y the sum
     * @param x same shape
     * @param scale factor
     */
    public void add(Tensor y, Tensor x, float scale) {
        requireShape("add", x, y.rows(), y.cols());
        run(backend -> backend.add(y.floats(), x.floats(), scale, y.elements()));
    }

    /**
     * y = x Wᵀ + bias.
     *
     * @param y [T × rows of w]
     * @param x [T × columns of w]
     * @param w any decodable type
     * @param bias [1 × rows of w], or null
     */
    public void linear(Tensor y, Tensor x, Tensor w, Tensor bias) {
        requireShape("linear input", x, y.rows(), w.cols());
        requireShape("linear output", y, x.rows(), w.rows());
        if (bias != null) {
            requireShape("linear bias", bias, 1, w.rows());
        }
        run(
                backend ->
                        backend.linear(
                                y.floats(),
                                x.floats(),
                                w.pointer(),
                                w.type().id(),
                                bias == null ? null : bias.floats(),
                                x.rows(),
                                w.rows(),
                                w.cols()));
    }

    /**
     * h += xᵀx, upper triangle.
     *
     * @param h [cols × cols]
     * @param x [T × cols]
     */
    public void accumulateHessian(Tensor h, Tensor x) {
        requireShape("accumulateHessian", h, x.cols(), x.cols());
        run(backend -> backend.accumulateHessian(h.floats(), x.floats(), x.rows(), x.cols()));
    }

    /**
     * h ← 2 h / tokens, both triangles.
     *
     * @param h [cols × cols]
     * @param tokens tokens that were accumulated
     */
    public void finishHessian(Tensor h, long tokens) {
        run(backend -> backend.finishHessian(h.floats(), tokens, h.cols()));
    }

    /**
     * Upper U with H⁻¹ = UᵀU of the damped and shrunk H.
     *
     * @param u [cols × cols], F32 or F64; may be h
     * @param h [cols × cols], same type
     * @param damping λ to begin with
     * @param shrinkage share of diag(H) that replaces H
     * @return what the factorisation needed
     * @throws LatheException if H cannot be factorised at any damping
     */
    public Factorization inverseFactor(Tensor u, Tensor h, double damping, double shrinkage) {
        if (u.type() != h.type()
                || u.cols() != h.cols()
                || h.rows() != h.cols()
                || u.rows() != u.cols()) {
            throw new IllegalArgumentException("inverseFactor: " + h + " into " + u);
        }
        try (FactorReport report =
                call(
                        backend ->
                                backend.inverseFactor(
                                        u.pointer(),
                                        h.pointer(),
                                        h.type().id(),
                                        h.cols(),
                                        damping,
                                        shrinkage))) {
            return new Factorization(report.damping(), report.attempts(), report.deadColumns());
        }
    }

    /**
     * c += aᵀ b.
     *
     * @param c [cols of a × cols of b]
     * @param a [T × cols of a]
     * @param b [T × cols of b]
     */
    public void accumulateProduct(Tensor c, Tensor a, Tensor b) {
        requireShape("accumulateProduct", c, a.cols(), b.cols());
        requireShape("accumulateProduct", b, a.rows(), b.cols());
        run(
                backend ->
                        backend.accumulateProduct(
                                c.floats(), a.floats(), b.floats(), a.rows(), a.cols(), b.cols()));
    }

    /**
     * w ← w (H')⁻¹.
     *
     * @param w [rows × cols], F32
     * @param u factor of the inverse Hessian, [cols × cols], F32
     */
    public void applyInverse(Tensor w, Tensor u) {
        requireShape("applyInverse", u, w.cols(), w.cols());
        run(backend -> backend.applyInverse(w.floats(), u.floats(), w.rows(), w.cols()));
    }

    /**
     * tr(W H Wᵀ) / rows.
     *
     * @param w [rows × cols]
     * @param h [cols × cols], both triangles
     * @return the mean squared output of a row times two
     */
    public double quadraticForm(Tensor w, Tensor h) {
        requireShape("quadraticForm", h, w.cols(), w.cols());
        return call(backend -> backend.quadraticForm(w.floats(), h.floats(), w.rows(), w.cols()));
    }

    /**
     * Refits the scales of encoded rows, block of columns after block of columns, to what makes
     * tr(E H' Eᵀ) least, E = target - w, H' = (1 - shrinkage) H + shrinkage diag(H).
     *
     * @param packed [rows × cols] of a {@linkplain DType#rescalable() rescalable} type
     * @param w [rows × cols], what packed decodes to, before and after
     * @param target [rows × cols], what the rows stand for
     * @param h [cols × cols], both triangles
     * @param shrinkage share of diag(H) that replaces H
     * @return what tr(E H' Eᵀ) falls by
     */
    public double refitScales(Tensor packed, Tensor w, Tensor target, Tensor h, double shrinkage) {
        requireShape("refitScales", h, w.cols(), w.cols());
        requireShape("refitScales", packed, w.rows(), w.cols());
        requireShape("refitScales", target, w.rows(), w.cols());
        return call(
                backend ->
                        backend.refitScales(
                                packed.pointer(),
                                w.floats(),
                                packed.type().id(),
                                target.floats(),
                                h.floats(),
                                w.rows(),
                                w.cols(),
                                shrinkage));
    }

    /**
     * OBS compression of w in place: SparseGPT where only a mask is asked for, error-feedback
     * quantization where only a type is, both in one pass where both are.
     *
     * @param w [rows × cols], F32 (F64 for pruning alone)
     * @param u factor of the inverse Hessian, same type
     * @param step what to do
     * @param dead which columns carry no input and are zeroed, [cols], or null
     * @param packed [rows × cols] of the step's type, or null where the step only prunes
     * @return zeros set and loss
     */
    public ObsResult obsCompress(Tensor w, Tensor u, ObsStep step, boolean[] dead, Tensor packed) {
        if (u.type() != w.type() || u.rows() != w.cols() || u.cols() != w.cols()) {
            throw new IllegalArgumentException("obsCompress: factor " + u + " for " + w);
        }
        if (packed != null
                && (packed.rows() != w.rows()
                        || packed.cols() != w.cols()
                        || packed.type() != step.type())) {
            throw new IllegalArgumentException("obsCompress: " + packed + " cannot take " + w);
        }
        try (ObsOptions options = step.options();
                BytePointer deadColumns = dead == null ? null : ObsStep.flags(dead);
                ObsReport report =
                        call(
                                backend ->
                                        backend.obsCompress(
                                                w.pointer(),
                                                u.pointer(),
                                                w.type().id(),
                                                w.rows(),
                                                w.cols(),
                                                options,
                                                deadColumns,
                                                packed == null ? null : packed.pointer(),
                                                (BytePointer) null))) {
            return new ObsResult(report.zeros(), report.loss());
        }
    }

    /**
     * Prunes by |w|·norm (Wanda), or |w| where no norm is given (magnitude).
     *
     * @param w [rows × cols]
     * @param columnNorm [1 × cols], or null
     * @param step the sparsity or pattern; its type is ignored
     * @param perRow whether each row gets its own share of zeros, else the matrix as a whole
     * @return zeros set
     */
    public long scorePrune(Tensor w, Tensor columnNorm, ObsStep step, boolean perRow) {
        try (ObsOptions options = step.options()) {
            return call(
                    backend ->
                            backend.scorePrune(
                                    w.floats(),
                                    columnNorm == null ? null : columnNorm.floats(),
                                    w.rows(),
                                    w.cols(),
                                    options,
                                    perRow));
        }
    }

    /**
     * Encodes w, each weight as the nearest value under importance weights.
     *
     * @param packed [rows × cols] of the type to encode in
     * @param w [rows × cols]
     * @param importance [1 × cols], or null for all 1
     * @param exactZeros whether weights of 0 must stay exactly 0
     */
    public void quantize(Tensor packed, Tensor w, Tensor importance, boolean exactZeros) {
        if (packed.rows() != w.rows() || packed.cols() != w.cols()) {
            throw new IllegalArgumentException("quantize: " + w + " into " + packed);
        }
        run(
                backend ->
                        backend.quantize(
                                packed.pointer(),
                                w.floats(),
                                importance == null ? null : importance.floats(),
                                packed.type().id(),
                                w.rows(),
                                w.cols(),
                                exactZeros));
    }

    /**
     * Decodes to F32.
     *
     * @param w [rows × cols]
     * @param packed [rows × cols], any decodable type
     */
    public void dequantize(Tensor w, Tensor packed) {
        requireShape("dequantize", w, packed.rows(), packed.cols());
        run(
                backend ->
                        backend.dequantize(
                                w.floats(),
                                packed.pointer(),
                                packed.type().id(),
                                packed.elements()));
    }

    /**
     * Looks for NaN and infinity.
     *
     * @param x F32 values
     * @return index of the first, or -1
     */
    public long findNonFinite(Tensor x) {
        return call(backend -> backend.findNonFinite(x.floats(), x.elements()));
    }

    /**
     * Log-probabilities of given tokens.
     *
     * @param logits [T × vocabulary]
     * @param targets T ids
     * @return T natural logarithms
     */
    public double[] logProbabilities(Tensor logits, int[] targets) {
        requireShape("logProbabilities", logits, targets.length, logits.cols());
        try (IntPointer ids = new IntPointer(targets);
                DoublePointer result = new DoublePointer(targets.length)) {
            run(
                    backend ->
                            backend.logProbabilities(
                                    result, logits.floats(), ids, targets.length, logits.cols()));
            double[] values = new double[targets.length];
            result.get(values);
            return values;
        }
    }

    /**
     * KL(softmax(reference) ‖ softmax(logits)) of each row.
     *
     * @param divergence receives T values, in nats
     * @param sameTop receives T flags: 1 where both have the same most probable token
     * @param reference [T × vocabulary]
     * @param logits [T × vocabulary]
     */
    public void klDivergence(double[] divergence, byte[] sameTop, Tensor reference, Tensor logits) {
        requireShape("klDivergence", logits, reference.rows(), reference.cols());
        requireShape("klDivergence", logits, divergence.length, reference.cols());
        try (DoublePointer nats = new DoublePointer(divergence.length);
                BytePointer same = new BytePointer(sameTop.length)) {
            run(
                    backend ->
                            backend.klDivergence(
                                    nats,
                                    same,
                                    reference.floats(),
                                    logits.floats(),
                                    logits.rows(),
                                    logits.cols()));
            nats.get(divergence);
            same.get(sameTop);
        }
    }

    private static void requireShape(String what, Tensor tensor, long rows, long cols) {
        if (tensor.rows() != rows || tensor.cols() != cols) {
            throw new IllegalArgumentException(
                    what + ": expected [" + rows + ", " + cols + "], found " + tensor);
        }
    }
}
