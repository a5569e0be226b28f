package dev.lathe.quantize;

import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What quantizing one tensor costs.
 *
 * @param role what the tensor is for, such as {@code down_proj}
 * @param layer index of its block, -1 outside the blocks
 * @param sensitivity α: rise of the KL divergence of the model's output, in nats per token, for
 *     each unit of relative output error of this tensor alone
 * @param sensitivityMeasured whether α was measured on this tensor, else it follows from others
 * @param errors e(q): relative output error tr(ΔW H ΔWᵀ) / tr(W H Wᵀ) by type, on text that the
 *     quantization did not see
 * @param errorsMeasured whether the errors were measured on this tensor
 */
public record TensorSensitivity(
        String role,
        int layer,
        double sensitivity,
        boolean sensitivityMeasured,
        Map<String, Double> errors,
        boolean errorsMeasured) {
    /**
     * Takes a copy of the errors.
     *
     * @param role the component
     * @param layer the component
     * @param sensitivity the component
     * @param sensitivityMeasured the component
     * @param errors the component
     * @param errorsMeasured the component
     */
    public TensorSensitivity {
        errors = new LinkedHashMap<>(errors);
    }

    /**
     * The tensor.
     *
     * @return its key
     * @throws dev.lathe.DataException if the role is unknown
     */
    public TensorKey key() {
        TensorRole known =
                TensorRole.byId(role)
                        .orElseThrow(
                                () ->
                                        new dev.lathe.DataException(
                                                "sensitivity of role '" + role + "', unknown"));
        return new TensorKey(known, layer, TensorKey.Part.WEIGHT);
    }

    /** The same tensor with another α, which follows from others. */
    TensorSensitivity withInferred(double alpha) {
        return new TensorSensitivity(role, layer, alpha, false, errors, errorsMeasured);
    }
}
