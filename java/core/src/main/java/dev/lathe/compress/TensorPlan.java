package dev.lathe.compress;

import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorSpec;
import dev.lathe.device.DType;
import dev.lathe.prune.Sparsity;

/**
 * What becomes of one tensor.
 *
 * @param key what the tensor is for
 * @param source where it comes from; null where the output's format needs a tensor that the source
 *     has not
 * @param output what is written; null where the output's format has no such tensor
 * @param action what is done
 * @param asked the storage type that recipe and rules ask for, or null
 * @param storage the type whose values the weights take; differs from {@code asked} where rows do
 *     not fit its blocks, and from the output's type where the output can only simulate it
 * @param sparsity zeros to set
 */
public record TensorPlan(
        TensorKey key,
        TensorInfo source,
        TensorSpec output,
        Action action,
        DType asked,
        DType storage,
        Sparsity sparsity) {

    /** What is done to a tensor. */
    public enum Action {
        /** Its bytes are copied, rows reordered where the formats differ. */
        COPY,
        /** Its values are rounded to a storage type, each alone. */
        ROUND,
        /** It is pruned, or quantized with the statistics of its input, or both. */
        COMPRESS,
        /** It is computed from the model's description. */
        DERIVE,
        /** The output's format says the same in another way. */
        DROP
    }

    /**
     * Whether a type takes the place of the one asked for.
     *
     * @return true if rows do not fit the asked type's blocks
     */
    public boolean substituted() {
        return asked != null && asked != storage;
    }

    /**
     * Whether this is the matrix of one of the blocks' linear layers, which shares and averages
     * count.
     *
     * @return true for what is pruned and quantized by default
     */
    public boolean linearWeight() {
        return key.role().linear() && key.part() == TensorKey.Part.WEIGHT;
    }

    /**
     * The number of weights.
     *
     * @return rows × columns of the output
     */
    public long elements() {
        return output.shape().stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
    }

    /**
     * Weights in a row of the output.
     *
     * @return its last dimension
     */
    public long cols() {
        return output.shape().get(output.shape().size() - 1);
    }
}
