package dev.lathe.quantize;

import dev.lathe.calibrate.Shrinkage;
import dev.lathe.device.DType;
import dev.lathe.device.ObsStep;
import dev.lathe.prune.Sparsity;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How sensitivities are measured. What is quantized on the way is quantized as the compression
 * will.
 *
 * @param candidates types that tensors may take
 * @param feedback how rounding errors are treated
 * @param sparsity zeros that are set together with the types, tensor by tensor
 * @param damping λ of the Hessian
 * @param shrinkage share of diag(H) that replaces H
 * @param scaleRefit whether scales are fitted again after error feedback
 * @param maskBlock columns whose mask is chosen at once
 * @param updateBlock columns after which the rest is updated
 * @param sampledRows rows of each matrix on which errors of candidates are measured
 * @param probeLayers blocks, spread over the model, in which α is measured
 * @param probeTokens tokens on which the KL divergence is measured
 */
public record SensitivityOptions(
        List<DType> candidates,
        Feedback feedback,
        PlannedSparsity sparsity,
        double damping,
        Shrinkage shrinkage,
        boolean scaleRefit,
        int maskBlock,
        int updateBlock,
        int sampledRows,
        int probeLayers,
        int probeTokens) {
    /** Rows that are enough for an error within a few percent. */
    public static final int DEFAULT_ROWS = 64;

    /** Blocks that are enough to interpolate between them. */
    public static final int DEFAULT_LAYERS = 10;

    /** Tokens that are enough to rank tensors. */
    public static final int DEFAULT_TOKENS = 256;

    /** The step that gives a tensor zeros and a type. */
    ObsStep step(DType type, Sparsity zeros) {
        return new ObsStep(
                zeros.ofM() > 0 ? 0 : zeros.share(),
                zeros.keepN(),
                zeros.ofM(),
                maskBlock,
                updateBlock,
                false,
                type);
    }

    /**
     * Everything that the results depend on, for the record.
     *
     * @return one line
     */
    public String text() {
        return String.format(
                "candidates %s, feedback %s, sparsity %s, damping %s, shrinkage %s, %sblocks of %d"
                        + " and %d columns, %d rows, %d blocks, %d tokens",
                candidates.stream().map(DType::name).collect(Collectors.joining(" ")),
                feedback.id(),
                sparsity,
                damping,
                shrinkage,
                scaleRefit ? "scales fitted again, " : "",
                maskBlock,
                updateBlock,
                sampledRows,
                probeLayers,
                probeTokens);
    }
}
