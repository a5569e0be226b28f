package dev.lathe.quantize;

import dev.lathe.checkpoint.TensorKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Fills in α where it was not measured: log α is linear between the nearest measured blocks of the
 * same role, and constant beyond them.
 */
final class Interpolation {
    /** KL below this is noise of F32. */
    private static final double LEAST = 1e-9;

    private final Map<TensorKey, Double> measured;
    private final Map<String, TreeMap<Integer, Double>> byRole = new HashMap<>();

    Interpolation(Map<TensorKey, Double> measured) {
        this.measured = measured;
        measured.forEach(
                (key, alpha) ->
                        byRole.computeIfAbsent(key.role().id(), id -> new TreeMap<>())
                                .put(key.layer(), Math.log(Math.max(LEAST, alpha))));
    }

    List<TensorSensitivity> apply(List<TensorSensitivity> tensors) {
        return tensors.stream().map(this::apply).toList();
    }

    private TensorSensitivity apply(TensorSensitivity tensor) {
        Double alpha = measured.get(tensor.key());
        if (alpha != null) {
            return new TensorSensitivity(
                    tensor.role(),
                    tensor.layer(),
                    alpha,
                    true,
                    tensor.errors(),
                    tensor.errorsMeasured());
        }
        TreeMap<Integer, Double> points = byRole.get(tensor.role());
        if (points == null) {
            return tensor.withInferred(0);
        }
        var below = points.floorEntry(tensor.layer());
        var above = points.ceilingEntry(tensor.layer());
        double log;
        if (below == null) {
            log = above.getValue();
        } else if (above == null) {
            log = below.getValue();
        } else {
            double share =
                    (double) (tensor.layer() - below.getKey()) / (above.getKey() - below.getKey());
            log = below.getValue() + share * (above.getValue() - below.getValue());
        }
        return tensor.withInferred(Math.exp(log));
    }
}
