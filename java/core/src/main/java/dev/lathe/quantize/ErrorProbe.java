package dev.lathe.quantize;

import dev.lathe.calibrate.InputStatistics;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import dev.lathe.prune.Sparsity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Quantizes matrices to see what it costs. H of the inputs that the quantization sees and H of
 * those that judge it come from different sequences: on its own H feedback looks two to four times
 * as good as it is.
 */
final class ErrorProbe {
    /** Rows that are quantized at once. */
    private static final long ROW_CHUNK = 16384;

    private final Device device;
    private final SensitivityOptions options;

    ErrorProbe(Device device, SensitivityOptions options) {
        this.device = device;
        this.options = options;
    }

    /**
     * A matrix in another type.
     *
     * @param weight [rows × cols], owned by this
     * @param error relative output error
     */
    record Perturbed(Tensor weight, double error) implements AutoCloseable {
        @Override
        public void close() {
            weight.close();
        }
    }

    /**
     * The relative output error of each candidate, on rows spread over the matrix.
     *
     * @param stored [rows × cols] as the source has it
     * @param fit what the quantization sees
     * @param judge what it is judged by
     * @param candidates the types
     * @param zeros what is pruned of it
     */
    Map<String, Double> errors(
            Tensor stored,
            InputStatistics fit,
            InputStatistics judge,
            List<DType> candidates,
            Sparsity zeros) {
        long count = Math.min(options.sampledRows(), stored.rows());
        Map<String, Double> errors = new LinkedHashMap<>();
        try (Scope scope = device.scope()) {
            Tensor sample = scope.tensor(DType.F32, count, stored.cols());
            for (long i = 0; i < count; i++) {
                decode(sample.rows(i, 1), stored.rows(i * stored.rows() / count, 1));
            }
            double output = device.quadraticForm(sample, judge.hessian());
            for (DType type : candidates) {
                if (type == stored.type() && !zeros.prunes()) {
                    errors.put(type.name(), 0.0);
                    continue;
                }
                try (Tensor packed = device.tensor(type, count, stored.cols())) {
                    double error = quantize(sample, packed, fit, judge, zeros);
                    errors.put(type.name(), output == 0 ? 0 : error / output);
                }
            }
        }
        return errors;
    }

    /** The whole matrix, pruned and in a type. */
    Perturbed perturb(
            Tensor stored, InputStatistics fit, InputStatistics judge, DType type, Sparsity zeros) {
        Tensor packed = device.tensor(type, stored.rows(), stored.cols());
        try {
            double error = 0;
            double output = 0;
            long chunk = zeros.prunes() ? stored.rows() : ROW_CHUNK;
            for (long row = 0; row < stored.rows(); row += chunk) {
                long count = Math.min(chunk, stored.rows() - row);
                try (Tensor w = device.tensor(DType.F32, count, stored.cols())) {
                    decode(w, stored.rows(row, count));
                    output += device.quadraticForm(w, judge.hessian()) * count;
                    error += quantize(w, packed.rows(row, count), fit, judge, zeros) * count;
                }
            }
            return new Perturbed(packed, output == 0 ? 0 : error / output);
        } catch (RuntimeException e) {
            packed.close();
            throw e;
        }
    }

    /**
     * A table of vectors, each rounded alone; its error is that of the values themselves.
     *
     * @param stored [rows × cols] as the source has it
     * @param type the type
     */
    Perturbed round(Tensor stored, DType type) {
        Tensor packed = device.tensor(type, stored.rows(), stored.cols());
        try {
            double error = 0;
            double norm = 0;
            for (long row = 0; row < stored.rows(); row += ROW_CHUNK) {
                long count = Math.min(ROW_CHUNK, stored.rows() - row);
                try (Tensor w = device.tensor(DType.F32, count, stored.cols())) {
                    decode(w, stored.rows(row, count));
                    norm += squares(w);
                    Tensor part = packed.rows(row, count);
                    device.quantize(part, w, null, false);
                    error += squaredDifference(w, part);
                }
            }
            return new Perturbed(packed, norm == 0 ? 0 : error / norm);
        } catch (RuntimeException e) {
            packed.close();
            throw e;
        }
    }

    /** The relative error of rounding rows spread over a table, for each candidate. */
    Map<String, Double> roundingErrors(Tensor stored, List<DType> candidates) {
        long count = Math.min(16L * options.sampledRows(), stored.rows());
        Map<String, Double> errors = new LinkedHashMap<>();
        try (Tensor sample = device.tensor(DType.F32, count, stored.cols())) {
            for (long i = 0; i < count; i++) {
                decode(sample.rows(i, 1), stored.rows(i * stored.rows() / count, 1));
            }
            double norm = squares(sample);
            for (DType type : candidates) {
                double error = 0;
                if (type != stored.type()) {
                    try (Tensor packed = device.tensor(type, count, stored.cols())) {
                        device.quantize(packed, sample, null, false);
                        error = squaredDifference(sample, packed);
                    }
                }
                errors.put(type.name(), norm == 0 ? 0 : error / norm);
            }
        }
        return errors;
    }

    /** Fills packed; tr(ΔW H ΔWᵀ) / rows by the judging H. */
    private double quantize(
            Tensor w, Tensor packed, InputStatistics fit, InputStatistics judge, Sparsity zeros) {
        try (Tensor copy = device.tensor(DType.F32, w.rows(), w.cols())) {
            copy.copyFrom(w);
            if (!packed.type().quantized()) {
                device.quantize(packed, copy, null, false);
            } else if (options.feedback() == Feedback.OBS) {
                double shrinkage = options.shrinkage().of(fit.tokens(), w.cols(), true);
                Tensor factor = fit.factor(options.damping(), shrinkage);
                device.obsCompress(
                        copy, factor, options.step(packed.type(), zeros), fit.dead(), packed);
                if (options.scaleRefit() && packed.type().rescalable()) {
                    device.refitScales(packed, copy, w, fit.hessian(), shrinkage);
                }
            } else {
                try (Tensor importance = fit.importance()) {
                    device.quantize(packed, copy, importance, false);
                }
            }
            device.dequantize(copy, packed);
            device.add(copy, w, -1);
            return device.quadraticForm(copy, judge.hessian());
        }
    }

    private void decode(Tensor target, Tensor stored) {
        if (stored.type() == DType.F32) {
            target.copyFrom(stored);
        } else {
            device.dequantize(target, stored);
        }
    }

    private double squaredDifference(Tensor w, Tensor packed) {
        try (Tensor copy = device.tensor(DType.F32, w.rows(), w.cols())) {
            device.dequantize(copy, packed);
            device.add(copy, w, -1);
            return squares(copy);
        }
    }

    private static double squares(Tensor w) {
        double sum = 0;
        for (long row = 0; row < w.rows(); row++) {
            for (float value : w.rows(row, 1).toArray()) {
                sum += (double) value * value;
            }
        }
        return sum;
    }
}
