package dev.lathe.calibrate;

import dev.lathe.DataException;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Factorization;
import dev.lathe.device.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Second-order statistics of the inputs of one stage: H = 2 XᵀX / tokens, and what is made of it.
 * Accumulate batches, {@link #finish}, then use; the inverse factor is computed when first asked
 * for.
 */
public final class InputStatistics implements AutoCloseable {
    private final Device device;
    private final Tensor hessian;
    private long tokens;
    private float[] diagonal;
    private Tensor factor;
    private Factorization factorization;
    private double factorDamping;
    private double shrinkage;

    /**
     * Begins with no tokens.
     *
     * @param device where the inputs are
     * @param cols width of the inputs
     */
    public InputStatistics(Device device, long cols) {
        this(device, device.tensor(DType.F32, cols, cols));
        hessian.zero();
    }

    private InputStatistics(Device device, Tensor hessian) {
        this.device = device;
        this.hessian = hessian;
    }

    /**
     * The same finished statistics on another device, without a factor.
     *
     * @param target where to
     * @return the copy, closed by the caller
     */
    public InputStatistics copyTo(Device target) {
        InputStatistics copy = new InputStatistics(target, hessian.copyTo(target));
        copy.tokens = tokens;
        copy.diagonal = diagonal.clone();
        return copy;
    }

    /**
     * Adds the inputs of a batch.
     *
     * @param input [T × cols]
     */
    public void accumulate(Tensor input) {
        device.accumulateHessian(hessian, input);
        tokens += input.rows();
    }

    /**
     * Ends accumulation.
     *
     * @param what what the inputs belong to, for messages
     * @throws DataException if an input was NaN or infinite
     */
    public void finish(String what) {
        device.finishHessian(hessian, tokens);
        diagonal = new float[(int) hessian.cols()];
        ByteBuffer value = ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder());
        for (int i = 0; i < diagonal.length; i++) {
            value.clear();
            hessian.download(((long) i * diagonal.length + i) * Float.BYTES, value);
            diagonal[i] = value.flip().getFloat();
            if (!Float.isFinite(diagonal[i])) {
                throw new DataException(what + ": the inputs of column " + i + " are not finite");
            }
        }
    }

    /**
     * H.
     *
     * @return [cols × cols], owned by this object
     */
    public Tensor hessian() {
        return hessian;
    }

    /**
     * The number of tokens that were accumulated.
     *
     * @return tokens
     */
    public long tokens() {
        return tokens;
    }

    /**
     * Which inputs were always zero.
     *
     * @return a flag for each column
     */
    public boolean[] dead() {
        boolean[] dead = new boolean[diagonal.length];
        for (int i = 0; i < dead.length; i++) {
            dead[i] = diagonal[i] == 0;
        }
        return dead;
    }

    /**
     * diag(H): the importance of each column when weights are rounded.
     *
     * @return [1 × cols], closed by the caller
     */
    public Tensor importance() {
        return device.tensor(DType.F32, 1, diagonal.length).set(diagonal);
    }

    /**
     * The Euclidean norm of each input column, up to one factor for all.
     *
     * @return [1 × cols], closed by the caller
     */
    public Tensor columnNorms() {
        float[] norms = new float[diagonal.length];
        for (int i = 0; i < norms.length; i++) {
            norms[i] = (float) Math.sqrt(diagonal[i]);
        }
        return device.tensor(DType.F32, 1, norms.length).set(norms);
    }

    /**
     * The factor U of the damped inverse Hessian, computed when it is first asked for with these
     * numbers.
     *
     * @param damping λ
     * @param shrinkage share of diag(H)
     * @return [cols × cols], owned by this object
     */
    public Tensor factor(double damping, double shrinkage) {
        if (factor != null && (damping != factorDamping || shrinkage != this.shrinkage)) {
            factor.close();
            factor = null;
        }
        if (factor == null) {
            this.factorDamping = damping;
            this.shrinkage = shrinkage;
            factor = device.tensor(DType.F32, hessian.rows(), hessian.cols());
            factorization = device.inverseFactor(factor, hessian, damping, shrinkage);
        }
        return factor;
    }

    /**
     * The share of diag(H) that replaced H in the factor.
     *
     * @return null before {@link #factor}
     */
    public Double shrinkage() {
        return factor == null ? null : shrinkage;
    }

    /**
     * What the factorisation needed.
     *
     * @return null before {@link #factor}
     */
    public Factorization factorization() {
        return factorization;
    }

    @Override
    public void close() {
        hessian.close();
        if (factor != null) {
            factor.close();
        }
    }
}
