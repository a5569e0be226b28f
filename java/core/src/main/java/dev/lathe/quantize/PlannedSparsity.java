package dev.lathe.quantize;

import dev.lathe.checkpoint.TensorKey;
import dev.lathe.prune.Sparsity;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The zeros that a compression sets in each tensor, since what a type costs depends on them.
 *
 * @param general those of the blocks' linear layers; other tensors are not pruned
 * @param others linear layers with other zeros, in the order of the model
 */
public record PlannedSparsity(Sparsity general, Map<TensorKey, Sparsity> others) {
    /**
     * Takes a copy of the map.
     *
     * @param general the component
     * @param others the component
     */
    public PlannedSparsity {
        others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
    }

    /**
     * The zeros of one tensor.
     *
     * @param key the tensor
     * @return what is set in it
     */
    public Sparsity of(TensorKey key) {
        return others.getOrDefault(key, key.role().linear() ? general : Sparsity.NONE);
    }

    /** One line that tells any two apart. */
    @Override
    public String toString() {
        String exceptions =
                others.entrySet().stream()
                        .map(
                                other ->
                                        other.getKey().role().id()
                                                + " "
                                                + other.getKey().layer()
                                                + ": "
                                                + other.getValue())
                        .collect(Collectors.joining("; "));
        return general + (exceptions.isEmpty() ? "" : " (" + exceptions + ")");
    }
}
