package dev.lathe.compress;

import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.calibrate.InputDrift;
import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.compress.TensorPlan.Action;
import dev.lathe.model.Model;
import dev.lathe.quantize.SensitivityOptions;
import java.lang.management.ManagementFactory;

/**
 * What a compression will take, from sizes alone; measuring sensitivities is counted where types
 * are allocated and nothing is measured yet.
 *
 * @param plan what becomes of each tensor
 * @param peakBytes most resident memory at once
 * @param activationBytes of these, calibration activations kept in memory; the rest of them goes to
 *     a file
 * @param spillBytes temporary file for activations
 * @param diskBytes output and temporary file together
 * @param operations floating-point operations of calibration, factorisation and compression
 */
public record Estimate(
        CompressionPlan plan,
        long peakBytes,
        long activationBytes,
        long spillBytes,
        long diskBytes,
        double operations) {
    /** Tokens that go through a stage at once. */
    static final int BATCH_TOKENS = 2048;

    /**
     * The Java heap and code, tokenizer, OpenBLAS and its buffers: measured on a model of 135 M.
     */
    private static final long BASE_BYTES = 550L << 20;

    private static final double MACHINE_SHARE = 0.8;

    static Estimate of(Model model, CompressionPlan plan, long memory) {
        ModelConfig config = model.config();
        long bound = memory > 0 ? memory : machineBound();
        long fixed = BASE_BYTES + weightBytes(plan);
        long activations = 0;
        double operations = 0;
        if (plan.needsCalibration()) {
            CalibrationOptions options = plan.recipe().calibration();
            long tokens = (long) options.sequences() * options.length();
            long widest = Math.max(config.intermediateSize(), config.queryWidth());
            long batch = Math.max(options.length(), Math.min(tokens, BATCH_TOKENS));
            fixed += batchBytes(config, batch) + hessianBytes(plan);
            activations = tokens * (config.hiddenSize() + widest) * Float.BYTES;
            operations = operations(plan, config, tokens);
            if (plan.tensors().stream().anyMatch(plan::correctsInputs)) {
                // The original's blocks and activations go along.
                fixed += sourceBlockBytes(plan) + driftBytes(plan) + batchBytes(config, batch) / 2;
                activations *= 2;
                operations += correctionOperations(plan, config, tokens);
            }
            if (plan.allocation().map(allocation -> !allocation.measured()).orElse(false)) {
                // One H judges what another fitted.
                fixed += hessianBytes(plan) / 3;
                operations += measurementOperations(plan, config, tokens);
            }
        }
        if (fixed > bound) {
            throw new UsageException(
                    String.format(
                            "this needs at least %d MB of memory, the bound is %d MB",
                            fixed >> 20, bound >> 20));
        }
        long resident = Math.min(activations, bound - fixed);
        long spill = activations - resident;
        return new Estimate(
                plan, fixed + resident, resident, spill, plan.outputBytes() + spill, operations);
    }

    /** What a measurement of sensitivities may hold of activations. */
    static long activationBudget(long memory) {
        long bound = memory > 0 ? memory : machineBound();
        return Math.max(1L << 28, bound / 3);
    }

    /** Four fifths of what the machine has. */
    private static long machineBound() {
        var system =
                ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
        return (long) (system.getTotalMemorySize() * MACHINE_SHARE);
    }

    /**
     * A block's weights as stored, and the greatest matrix with its decoded and original values.
     */
    private static long weightBytes(CompressionPlan plan) {
        long block = 0;
        long greatest = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.source() == null || tensor.output() == null) {
                continue;
            }
            if (tensor.key().layer() == 0 && tensor.key().role().layered()) {
                block += tensor.source().byteLength() + tensor.output().byteLength();
            }
            if (tensor.action() == Action.COMPRESS && tensor.key().role().linear()) {
                greatest = Math.max(greatest, 5L * Float.BYTES * tensor.elements());
            } else if (tensor.action() != Action.COPY && !tensor.key().role().layered()) {
                long chunk = 3L * Float.BYTES * Math.min(16384, rows(tensor)) * tensor.cols();
                greatest =
                        Math.max(
                                greatest,
                                tensor.source().byteLength()
                                        + tensor.output().byteLength()
                                        + chunk);
            }
        }
        long embedding = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.key().role() == dev.lathe.checkpoint.TensorRole.EMBEDDING) {
                embedding = tensor.output().byteLength() + tensor.source().byteLength();
            }
        }
        return block + Math.max(greatest, embedding);
    }

    /** What a device holds whatever the batches: weights, H and what is made of it. */
    static long deviceBytes(CompressionPlan plan) {
        boolean corrects = plan.tensors().stream().anyMatch(plan::correctsInputs);
        return weightBytes(plan)
                + hessianBytes(plan)
                + (corrects ? sourceBlockBytes(plan) + driftBytes(plan) : 0);
    }

    /** The widest inputs of so many tokens. */
    static long inputBytes(CompressionPlan plan, long tokens) {
        long cols =
                plan.tensors().stream()
                        .filter(plan::needsStatistics)
                        .mapToLong(TensorPlan::cols)
                        .max()
                        .orElse(0);
        return tokens * cols * Float.BYTES;
    }

    /** A block's weights as the source stores them. */
    static long sourceBlockBytes(CompressionPlan plan) {
        long block = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.source() != null && tensor.key().layer() == 0) {
                block += tensor.key().role().layered() ? tensor.source().byteLength() : 0;
            }
        }
        return block;
    }

    /** Sums over inputs and their drift, of the stage that needs most. */
    private static long driftBytes(CompressionPlan plan) {
        long greatest = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (plan.correctsInputs(tensor)) {
                boolean outputs = InputDrift.sumsOutputs(rows(tensor), tensor.cols());
                long sums = (outputs ? rows(tensor) : tensor.cols()) * tensor.cols();
                greatest = Math.max(greatest, sums * Float.BYTES);
            }
        }
        return greatest;
    }

    private static long rows(TensorPlan tensor) {
        return tensor.elements() / tensor.cols();
    }

    /** The original's forward pass, the drift of each stage's inputs, and W C H⁻¹. */
    private static double correctionOperations(
            CompressionPlan plan, ModelConfig config, long tokens) {
        double sum =
                2.0
                        * tokens
                        * plan.recipe().calibration().length()
                        * config.queryWidth()
                        * config.layers();
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.linearWeight()) {
                sum += 2.0 * tensor.elements() * tokens;
            }
            if (plan.correctsInputs(tensor)) {
                boolean first = !tensor.key().role().id().matches("k_proj|v_proj|up_proj");
                double drift = InputDrift.operations(rows(tensor), tensor.cols());
                sum += (first ? drift * tokens : 0) + 6.0 * tensor.elements() * tensor.cols();
            }
        }
        return sum;
    }

    /**
     * What a batch needs while it goes through a stage: residual, inputs, outputs, queries, keys
     * and values.
     */
    static long batchBytes(ModelConfig config, long tokens) {
        long widths =
                2L * config.hiddenSize()
                        + Math.max(
                                3L * config.intermediateSize(),
                                2L * config.queryWidth() + 2L * config.keyWidth());
        return tokens * widths * Float.BYTES;
    }

    /** H, its factor and the factorisation's work space. */
    private static long hessianBytes(CompressionPlan plan) {
        long cols = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (plan.needsStatistics(tensor)) {
                cols = Math.max(cols, tensor.cols());
            }
        }
        return 3 * cols * cols * Float.BYTES;
    }

    /**
     * Measuring sensitivities: the calibration pass and its factors once more, and the streams of
     * disturbed models, which on average begin in the middle.
     */
    private static double measurementOperations(
            CompressionPlan plan, ModelConfig config, long tokens) {
        double weights = 0;
        double calibration = 0;
        int tensors = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.linearWeight()) {
                double cols = tensor.cols();
                weights += tensor.elements();
                tensors++;
                calibration += 2.0 * tensor.elements() * tokens;
                boolean first = !tensor.key().role().id().matches("k_proj|v_proj|up_proj");
                calibration += first ? cols * cols * tokens + 4.0 / 3 * cols * cols * cols : 0;
            }
        }
        double layers = Math.max(1, config.layers());
        double streams = tensors / layers * Math.min(layers, SensitivityOptions.DEFAULT_LAYERS) + 2;
        double head = (double) config.vocabularySize() * config.hiddenSize();
        double perToken = weights + 2 * 2 * head;
        return calibration + streams * SensitivityOptions.DEFAULT_TOKENS * perToken;
    }

    private static double operations(CompressionPlan plan, ModelConfig config, long tokens) {
        double sum = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (!tensor.key().role().linear() || tensor.key().part() == TensorKey.Part.BIAS) {
                continue;
            }
            double cols = tensor.cols();
            double weights = tensor.elements();
            sum += 2 * weights * tokens;
            if (plan.needsStatistics(tensor)) {
                // Trailing updates, and both quadratic forms of the error.
                sum += weights * cols + 4 * weights * cols;
                sum += plan.recipe().scaleRefit() ? 2 * weights * cols : 0;
                boolean first = !tensor.key().role().id().matches("k_proj|v_proj|up_proj");
                sum += first ? cols * cols * tokens + 4.0 / 3 * cols * cols * cols : 0;
            }
        }
        double attention =
                2.0 * tokens * plan.recipe().calibration().length() * config.queryWidth();
        return sum + attention * config.layers();
    }
}
