package dev.lathe.quantize;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import dev.lathe.prune.Sparsity;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sensitivities of a model of which only the header is known, from measurements of others ({@code
 * prior.yaml}): good enough to plan sizes with, not to choose between close types.
 */
public final class PriorSensitivity {
    private static final Prior PRIOR = read();

    /**
     * The numbers.
     *
     * @param errors relative output error by type
     * @param errorFactor error of a type that is not listed, times 4 for each bit
     * @param blocks number of blocks of the measured model
     * @param roles α by role, of a block in the middle
     * @param firstBlocks factor on α in the first blocks
     * @param lastBlocks factor on α in the last blocks
     */
    private record Prior(
            Map<String, Double> errors,
            double errorFactor,
            int blocks,
            Map<String, Double> roles,
            List<Double> firstBlocks,
            List<Double> lastBlocks) {}

    private PriorSensitivity() {}

    private static Prior read() {
        try (InputStream stream = PriorSensitivity.class.getResourceAsStream("prior.yaml")) {
            return YAMLMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build()
                    .readValue(stream, Prior.class);
        } catch (IOException e) {
            throw new IllegalStateException("prior.yaml cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Assumes the sensitivity of every matrix.
     *
     * @param model the model; its weights are not read
     * @param allowed types that tensors may take
     * @param sparsity zeros that are asked for, tensor by tensor
     * @return the assumption
     */
    public static Sensitivity of(Model model, List<DType> allowed, PlannedSparsity sparsity) {
        List<TensorSensitivity> tensors = new ArrayList<>();
        int layers = model.config().layers();
        for (Map.Entry<TensorKey, TensorInfo> entry : model.tensors().entrySet()) {
            TensorKey key = entry.getKey();
            TensorRole role = key.role();
            boolean outer = role == TensorRole.EMBEDDING || role == TensorRole.HEAD;
            if (key.part() != TensorKey.Part.WEIGHT || !(outer || role.linear())) {
                continue;
            }
            TensorInfo info = entry.getValue();
            Map<String, Double> errors = new LinkedHashMap<>();
            Sparsity zeros = sparsity.of(key);
            for (DType type : Candidates.of(allowed, info.type(), info.cols(), zeros)) {
                boolean same = type == info.type() && !zeros.prunes();
                errors.put(type.name(), same ? 0 : error(type));
            }
            tensors.add(
                    new TensorSensitivity(
                            role.id(), key.layer(), alpha(key, layers), false, errors, false));
        }
        return new Sensitivity(null, tensors);
    }

    private static double error(DType type) {
        Double known = PRIOR.errors.get(type.name());
        return known == null ? PRIOR.errorFactor * Math.pow(4, -type.bitsPerWeight()) : known;
    }

    /** A model of more blocks depends less on each of them. */
    private static double alpha(TensorKey key, int layers) {
        double alpha = PRIOR.roles.getOrDefault(key.role().id(), PRIOR.roles.get("other"));
        if (!key.role().layered()) {
            return alpha;
        }
        int fromEnd = layers - 1 - key.layer();
        double factor = 1;
        if (key.layer() < PRIOR.firstBlocks.size()) {
            factor = PRIOR.firstBlocks.get(key.layer());
        } else if (fromEnd < PRIOR.lastBlocks.size()) {
            factor = PRIOR.lastBlocks.get(fromEnd);
        }
        return alpha * factor * PRIOR.blocks / layers;
    }
}
