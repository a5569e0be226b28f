package dev.lathe.calibrate;

import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How far the inputs x̃ that a stage gets in the compressed model have moved away from the
 * original's x, and what its weights can make up of that (asymmetric calibration, as in GPTAQ,
 * arXiv 2504.02692): the weights that give the original's outputs on the compressed inputs, in the
 * least squares' sense, are
 *
 * <pre>
 * W + (1 − s) W C H'⁻¹,   C = 2 Σ (x − x̃) x̃ᵀ / tokens
 * </pre>
 *
 * with H' = (1 − s) H + s diag(H) + λ mean(diag H) I the regularised Hessian of x̃: ridge
 * regression with the penalty that stands beside H in H' / (1 − s). Without the first factor, what
 * C and H have in common would be made up for 1 / (1 − s) times. W C is summed as it is needed: as
 * C [cols × cols] for all layers of the stage, or, where a layer has few outputs, as Σ (W (x − x̃))
 * x̃ᵀ [rows × cols].
 *
 * @param <K> what names a layer of the stage
 */
public final class InputDrift<K> implements AutoCloseable {
    private final Device device;
    private final Map<K, Tensor> weights;

    /** Σ x̃ (x − x̃)ᵀ, the transpose of C but for its factor; null where outputs are summed. */
    private final Tensor inputs;

    /** Σ (W (x − x̃)) x̃ᵀ of each layer; empty where inputs are summed. */
    private final Map<K, Tensor> outputs = new LinkedHashMap<>();

    private long tokens;

    /**
     * Begins with no tokens.
     *
     * @param device where the inputs are
     * @param weights the layers that will be corrected, as they are in the original model, each
     *     [rows × cols]; they are read until this is closed
     * @param overOutputs {@link #sumsOutputs} of all layers of the stage, of those too that need no
     *     correction any more: a run that goes on has to sum what the undisturbed one had summed
     */
    public InputDrift(Device device, Map<K, Tensor> weights, boolean overOutputs) {
        this.device = device;
        this.weights = Map.copyOf(weights);
        if (overOutputs) {
            weights.forEach(
                    (layer, weight) ->
                            outputs.put(layer, zeros(device, weight.rows(), weight.cols())));
            this.inputs = null;
        } else {
            long cols = weights.values().iterator().next().cols();
            this.inputs = zeros(device, cols, cols);
        }
    }

    private InputDrift(Device device, Tensor inputs, Map<K, Tensor> outputs, long tokens) {
        this.device = device;
        this.weights = Map.of();
        this.inputs = inputs;
        this.outputs.putAll(outputs);
        this.tokens = tokens;
    }

    /**
     * The same on another device, where layers can be corrected and nothing more be added.
     *
     * @param target where to
     * @param layers that will be corrected there
     * @return the copy, closed by the caller
     */
    public InputDrift<K> copyTo(Device target, List<K> layers) {
        Map<K, Tensor> copies = new LinkedHashMap<>();
        outputs.forEach(
                (layer, sum) -> {
                    if (layers.contains(layer)) {
                        copies.put(layer, sum.copyTo(target));
                    }
                });
        return new InputDrift<>(
                target, inputs == null ? null : inputs.copyTo(target), copies, tokens);
    }

    private static Tensor zeros(Device device, long rows, long cols) {
        Tensor tensor = device.tensor(DType.F32, rows, cols);
        tensor.zero();
        return tensor;
    }

    /**
     * Whether a stage is summed over its outputs, which is where that takes fewer operations.
     *
     * @param rows outputs of all layers
     * @param cols width of the inputs
     * @return true for layers that have far fewer outputs than inputs
     */
    public static boolean sumsOutputs(long rows, long cols) {
        return 2 * rows < cols;
    }

    /**
     * Floating-point operations for each token.
     *
     * @param rows outputs of all layers
     * @param cols width of the inputs
     * @return operations
     */
    public static double operations(double rows, double cols) {
        return Math.min(4 * rows * cols, 2 * cols * cols);
    }

    /**
     * Adds the inputs of a batch.
     *
     * @param original x [T × cols]
     * @param compressed x̃ [T × cols]
     */
    public void accumulate(Tensor original, Tensor compressed) {
        try (Scope scope = device.scope()) {
            Tensor moved = scope.tensor(DType.F32, original.rows(), original.cols());
            moved.copyFrom(original);
            device.add(moved, compressed, -1);
            if (inputs != null) {
                device.accumulateProduct(inputs, compressed, moved);
            }
            for (Map.Entry<K, Tensor> each : outputs.entrySet()) {
                Tensor weight = weights.get(each.getKey());
                Tensor missing = scope.tensor(DType.F32, moved.rows(), weight.rows());
                device.linear(missing, moved, weight, null);
                device.accumulateProduct(each.getValue(), missing, compressed);
            }
        }
        tokens += original.rows();
    }

    /**
     * Moves rows of a layer's weights towards those that give the original's outputs.
     *
     * @param layer which layer
     * @param w [count × cols] F32, rows of the layer from {@code first} on
     * @param first index of the first row
     * @param factor U of the inverse Hessian of x̃, [cols × cols]
     * @param shrinkage s, the share of diag(H) that replaced H in the factor
     * @param share how much of the way to go
     */
    public void correct(
            K layer, Tensor w, long first, Tensor factor, double shrinkage, double share) {
        try (Scope scope = device.scope()) {
            Tensor step = scope.tensor(DType.F32, w.rows(), w.cols());
            if (inputs != null) {
                device.linear(step, w, inputs, null);
            } else {
                step.copyFrom(outputs.get(layer).rows(first, w.rows()));
            }
            device.applyInverse(step, factor);
            device.add(w, step, (float) (share * (1 - shrinkage) * 2 / tokens));
        }
    }

    @Override
    public void close() {
        List<Tensor> owned = new ArrayList<>(outputs.values());
        if (inputs != null) {
            owned.add(inputs);
        }
        owned.forEach(Tensor::close);
    }
}
