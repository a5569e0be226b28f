package dev.lathe.model;

import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;

/** The end of a decoder: the final norm and the matrix that makes logits. */
public final class OutputHead implements AutoCloseable {
    private final Device device;
    private final float epsilon;
    private final Tensor norm;
    private final Tensor head;

    private OutputHead(Device device, float epsilon, Tensor norm, Tensor head) {
        this.device = device;
        this.epsilon = epsilon;
        this.norm = norm;
        this.head = head;
    }

    /**
     * Loads final norm and head.
     *
     * @param model the model
     * @param device where to
     * @return the head
     */
    public static OutputHead load(Model model, Device device) {
        Tensor norm = model.loadF32(device, TensorKey.weight(TensorRole.FINAL_NORM));
        try {
            return new OutputHead(
                    device,
                    (float) model.config().rmsNormEpsilon(),
                    norm,
                    model.load(device, model.headKey()));
        } catch (RuntimeException e) {
            norm.close();
            throw e;
        }
    }

    /**
     * Applies the final norm: the input of the head.
     *
     * @param residual x [T × hidden], not changed
     * @return [T × hidden], closed by the caller
     */
    public Tensor normalize(Tensor residual) {
        Tensor y = device.tensor(DType.F32, residual.rows(), residual.cols());
        device.rmsNorm(y, residual, norm, epsilon);
        return y;
    }

    /**
     * Computes logits.
     *
     * @param residual x [T × hidden] after the last block, not changed
     * @return [T × vocabulary], closed by the caller
     */
    public Tensor logits(Tensor residual) {
        return logits(residual, head);
    }

    /**
     * Computes logits with another matrix in the place of the model's.
     *
     * @param residual x [T × hidden] after the last block, not changed
     * @param matrix [vocabulary × hidden], any decodable type
     * @return [T × vocabulary], closed by the caller
     */
    public Tensor logits(Tensor residual, Tensor matrix) {
        try (Tensor input = normalize(residual)) {
            Tensor y = device.tensor(DType.F32, residual.rows(), matrix.rows());
            device.linear(y, input, matrix, null);
            return y;
        }
    }

    /**
     * The matrix that makes logits.
     *
     * @return [vocabulary × hidden] as stored, owned by this object
     */
    public Tensor weight() {
        return head;
    }

    @Override
    public void close() {
        norm.close();
        head.close();
    }
}
