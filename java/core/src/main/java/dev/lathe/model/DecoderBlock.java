package dev.lathe.model;

import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * One block of a decoder on a device: pre-norm grouped-query attention with rotary positions and a
 * SwiGLU feed-forward network, as Llama, Qwen2 (biases) and Qwen3 (head norms) have it.
 *
 * <p>A stage is {@linkplain #enter entered}, which turns the residual stream x [T × hidden] into
 * the input that its linear layers share, and {@linkplain #leave left}, which applies them:
 *
 * <pre>
 * ATTENTION            enter: a = norm(x)        leave: a = attention(rope(Wq a), rope(Wk a), Wv a)
 * ATTENTION_OUTPUT     enter: a                  leave: x += Wo a
 * FEED_FORWARD         enter: a = norm(x)        leave: a = silu(Wgate a) · Wup a
 * FEED_FORWARD_OUTPUT  enter: a                  leave: x += Wdown a
 * </pre>
 */
public final class DecoderBlock implements AutoCloseable {
    private final Device device;
    private final ModelConfig config;
    private final float[] inverseFrequencies;
    private final boolean interleaved;
    private final Map<TensorRole, Tensor> weights;
    private final Map<TensorRole, Tensor> biases;

    DecoderBlock(
            Model model,
            Device device,
            Map<TensorRole, Tensor> weights,
            Map<TensorRole, Tensor> biases) {
        this.device = device;
        this.config = model.config();
        this.inverseFrequencies = model.inverseFrequencies();
        this.interleaved = model.interleaved();
        this.weights = weights;
        this.biases = biases;
    }

    /**
     * Loads all weights of a block, linear layers as they are stored.
     *
     * @param model the model
     * @param device where to
     * @param layer index of the block, from 0
     * @return the block
     */
    public static DecoderBlock load(Model model, Device device, int layer) {
        try (BlockUpload upload = new BlockUpload(model, device, layer)) {
            return upload.finish();
        }
    }

    /**
     * A linear layer's weights.
     *
     * @param role which
     * @return [rows × cols] as stored
     */
    public Tensor weight(TensorRole role) {
        return weights.get(role);
    }

    /**
     * Puts other weights in the place of a linear layer's; the old ones are closed.
     *
     * @param role which
     * @param weight same shape, any decodable type; the block owns it from here on
     */
    public void replace(TensorRole role, Tensor weight) {
        Tensor old = weights.put(role, weight);
        if (old != null) {
            old.close();
        }
    }

    /**
     * Puts other weights in the place of a linear layer's and hands the old ones back.
     *
     * @param role which
     * @param weight same shape, any decodable type; the block owns it from here on
     * @return the weights that were there, closed by the caller
     */
    public Tensor exchange(TensorRole role, Tensor weight) {
        return weights.put(role, weight);
    }

    /**
     * Makes the input that a stage's linear layers share.
     *
     * @param stage the stage
     * @param residual x [T × hidden]
     * @param input the input as the stage before left it, or null where there is none
     * @return the input [T × cols of the stage's layers]; the same tensor as {@code input} where
     *     nothing is to be done, else one that the caller closes
     */
    public Tensor enter(BlockStage stage, Tensor residual, Tensor input) {
        return switch (stage) {
            case ATTENTION -> norm(TensorRole.INPUT_NORM, residual);
            case FEED_FORWARD -> norm(TensorRole.POST_ATTENTION_NORM, residual);
            case ATTENTION_OUTPUT, FEED_FORWARD_OUTPUT -> input;
        };
    }

    /**
     * Applies a stage's linear layers and what follows them.
     *
     * @param stage the stage
     * @param residual x [T × hidden]; the output stages add to it
     * @param input what {@link #enter} gave
     * @param length tokens of a sequence; T is a multiple of it
     * @return what the next stage starts from, closed by the caller, or null where it is the
     *     residual stream alone
     */
    public Tensor leave(BlockStage stage, Tensor residual, Tensor input, int length) {
        return switch (stage) {
            case ATTENTION -> attention(input, length);
            case FEED_FORWARD -> feedForward(input);
            case ATTENTION_OUTPUT -> addOutput(TensorRole.O_PROJ, residual, input);
            case FEED_FORWARD_OUTPUT -> addOutput(TensorRole.DOWN_PROJ, residual, input);
        };
    }

    /**
     * The whole block: all stages in order.
     *
     * @param residual x [T × hidden], replaced by the block's output
     * @param length tokens of a sequence; T is a multiple of it
     */
    public void forward(Tensor residual, int length) {
        forward(residual, length, (stage, input) -> {});
    }

    /**
     * The whole block, its linear layers' inputs shown on the way.
     *
     * @param residual x [T × hidden], replaced by the block's output
     * @param length tokens of a sequence; T is a multiple of it
     * @param inputs sees each stage with its input [T × cols of the stage's layers]
     */
    public void forward(Tensor residual, int length, BiConsumer<BlockStage, Tensor> inputs) {
        Tensor carried = null;
        for (BlockStage stage : BlockStage.values()) {
            Tensor input = enter(stage, residual, carried);
            inputs.accept(stage, input);
            carried = leave(stage, residual, input, length);
            input.close();
        }
    }

    private Tensor norm(TensorRole role, Tensor x) {
        Tensor y = device.tensor(DType.F32, x.rows(), x.cols());
        device.rmsNorm(y, x, weights.get(role), (float) config.rmsNormEpsilon());
        return y;
    }

    private Tensor attention(Tensor input, int length) {
        try (Scope scope = device.scope()) {
            Tensor q = scope.add(apply(TensorRole.Q_PROJ, input));
            Tensor k = scope.add(apply(TensorRole.K_PROJ, input));
            Tensor v = scope.add(apply(TensorRole.V_PROJ, input));
            rotate(TensorRole.Q_NORM, q, length);
            rotate(TensorRole.K_NORM, k, length);
            Tensor y = device.tensor(DType.F32, q.rows(), q.cols());
            device.attention(y, q, k, v, length, config.headSize());
            return y;
        }
    }

    private void rotate(TensorRole headNorm, Tensor x, int length) {
        Tensor weight = weights.get(headNorm);
        if (weight != null) {
            Tensor heads = x.reshape(x.elements() / config.headSize(), config.headSize());
            device.rmsNorm(heads, heads, weight, (float) config.rmsNormEpsilon());
        }
        device.rope(x, length, config.headSize(), inverseFrequencies, interleaved);
    }

    private Tensor feedForward(Tensor input) {
        Tensor gate = apply(TensorRole.GATE_PROJ, input);
        try (Tensor up = apply(TensorRole.UP_PROJ, input)) {
            device.swiglu(gate, gate, up);
        }
        return gate;
    }

    private Tensor addOutput(TensorRole role, Tensor residual, Tensor input) {
        try (Tensor y = apply(role, input)) {
            device.add(residual, y);
        }
        return null;
    }

    private Tensor apply(TensorRole role, Tensor input) {
        Tensor w = weights.get(role);
        Tensor y = device.tensor(DType.F32, input.rows(), w.rows());
        device.linear(y, input, w, biases.get(role));
        return y;
    }

    @Override
    public void close() {
        weights.values().forEach(Tensor::close);
        biases.values().forEach(Tensor::close);
        weights.clear();
        biases.clear();
    }
}
