package dev.lathe.compress;

import dev.lathe.calibrate.InputDrift;
import dev.lathe.calibrate.InputStatistics;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.compress.TensorPlan.Action;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Factorization;
import dev.lathe.device.ObsResult;
import dev.lathe.device.ObsStep;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import dev.lathe.prune.PruneMethod;
import dev.lathe.prune.Sparsity;
import dev.lathe.quantize.Feedback;

/** Prunes and quantizes one matrix as its plan and the recipe say. */
final class MatrixCompressor {
    /**
     * Rows that are quantized at once; an unstructured mask needs all rows of the matrix together.
     */
    private static final long ROW_CHUNK = 16384;

    private final Device device;
    private final Recipe recipe;
    private final PruneMethod method;
    private final Feedback feedback;
    private final RoundingImportance rounding;

    /**
     * Compresses as a recipe says.
     *
     * @param device where
     * @param recipe the recipe
     * @param rounding importance for tensors without statistics, or null
     */
    MatrixCompressor(Device device, Recipe recipe, RoundingImportance rounding) {
        this.device = device;
        this.recipe = recipe;
        this.method = PruneMethod.of(recipe.method());
        this.feedback = Feedback.of(recipe.feedback());
        this.rounding = rounding;
    }

    /**
     * The compressed matrix and what it cost.
     *
     * @param stored [rows × cols] in the output's type, closed by the caller
     * @param zeros weights that a mask set to zero
     * @param loss proxy loss of OBS compression
     * @param squaredError tr(ΔW H ΔWᵀ), without statistics 0
     * @param squaredOutput tr(W H Wᵀ), without statistics 0
     * @param factorization what the Hessian's factorisation needed, or null where none was
     * @param shrinkage share of diag(H) that replaced H, or null where nothing was factorised
     */
    record Result(
            Tensor stored,
            long zeros,
            double loss,
            double squaredError,
            double squaredOutput,
            Factorization factorization,
            Double shrinkage) {}

    /**
     * Compresses a matrix.
     *
     * @param source [rows × cols] as stored in the source
     * @param plan what to do
     * @param statistics of its inputs, or null where the plan needs none
     * @param drift what its inputs have moved by, or null where nothing makes up for that
     * @return the result; its errors are those of the weights that make up for it
     */
    Result compress(
            Tensor source,
            TensorPlan plan,
            InputStatistics statistics,
            InputDrift<TensorRole> drift) {
        long chunk = plan.sparsity().prunes() ? source.rows() : ROW_CHUNK;
        Tensor stored = device.tensor(plan.output().type(), source.rows(), source.cols());
        long zeros = 0;
        double loss = 0;
        double error = 0;
        double output = 0;
        Factorization factorization = null;
        Double shrinkage = null;
        try {
            for (long row = 0; row < source.rows(); row += chunk) {
                long count = Math.min(chunk, source.rows() - row);
                Result part =
                        compressRows(
                                new Rows(source.rows(row, count), stored.rows(row, count), row),
                                plan,
                                statistics,
                                drift);
                zeros += part.zeros();
                loss += part.loss();
                error += part.squaredError();
                output += part.squaredOutput();
                factorization = part.factorization();
                shrinkage = part.shrinkage();
            }
            return new Result(stored, zeros, loss, error, output, factorization, shrinkage);
        } catch (RuntimeException e) {
            stored.close();
            throw e;
        }
    }

    /** Some rows of a matrix: as they are, where they go, and the index of the first. */
    private record Rows(Tensor source, Tensor stored, long first) {}

    private Result compressRows(
            Rows rows, TensorPlan plan, InputStatistics statistics, InputDrift<TensorRole> drift) {
        Tensor stored = rows.stored;
        try (Scope scope = device.scope()) {
            Tensor w = decode(scope, rows.source);
            Tensor original = null;
            double output = 0;
            if (drift != null) {
                Tensor factor = factor(plan, statistics, w.cols());
                drift.correct(
                        plan.key().role(),
                        w,
                        rows.first,
                        factor,
                        statistics.shrinkage(),
                        recipe.asymmetry());
            }
            if (statistics != null) {
                output = device.quadraticForm(w, statistics.hessian()) * w.rows();
                original = scope.tensor(DType.F32, w.rows(), w.cols());
                original.copyFrom(w);
            }
            Outcome outcome =
                    plan.action() == Action.ROUND
                            ? round(scope, w, stored, plan, statistics)
                            : apply(scope, w, original, stored, plan, statistics);
            double error = 0;
            if (statistics != null) {
                device.dequantize(w, stored);
                device.add(original, w, -1);
                error = device.quadraticForm(original, statistics.hessian()) * w.rows();
            }
            return new Result(
                    stored,
                    outcome.zeros,
                    outcome.loss,
                    error,
                    output,
                    statistics == null ? null : statistics.factorization(),
                    statistics == null ? null : statistics.shrinkage());
        }
    }

    private record Outcome(long zeros, double loss) {}

    /** w becomes what is stored; original keeps the weights, or is null without statistics. */
    private Outcome apply(
            Scope scope,
            Tensor w,
            Tensor original,
            Tensor stored,
            TensorPlan plan,
            InputStatistics statistics) {
        boolean quantizes = plan.storage().quantized();
        boolean second = statistics != null;
        boolean prunesByScore = plan.sparsity().prunes() && method != PruneMethod.SPARSEGPT;
        long zeros = 0;
        if (prunesByScore) {
            Tensor norms = method == PruneMethod.WANDA ? scope.add(statistics.columnNorms()) : null;
            zeros = device.scorePrune(w, norms, step(plan.sparsity()), method == PruneMethod.WANDA);
        }
        boolean obsPrunes = plan.sparsity().prunes() && !prunesByScore;
        boolean obsQuantizes = quantizes && second && feedback == Feedback.OBS;
        if (!obsPrunes && !obsQuantizes) {
            Outcome rounded = round(scope, w, stored, plan, statistics);
            return new Outcome(zeros, rounded.loss);
        }
        ObsStep step = obsPrunes ? step(plan.sparsity()) : step(Sparsity.NONE);
        if (prunesByScore) {
            step = step.keepingZeros();
        }
        Tensor factor = factor(plan, statistics, w.cols());
        Tensor packed = null;
        if (obsQuantizes) {
            step = step.storedAs(plan.storage());
            packed =
                    stored.type() == plan.storage()
                            ? stored
                            : scope.tensor(plan.storage(), w.rows(), w.cols());
        }
        ObsResult result = device.obsCompress(w, factor, step, statistics.dead(), packed);
        if (obsQuantizes && recipe.scaleRefit() && packed.type().rescalable()) {
            device.refitScales(packed, w, original, statistics.hessian(), statistics.shrinkage());
        }
        // Where a mask is kept, its zeros are counted again.
        zeros = prunesByScore ? zeros : result.zeros();
        if (packed != stored) {
            store(w, stored);
        }
        return new Outcome(zeros, result.loss());
    }

    /** The factor of the regularised inverse Hessian; pruning alone takes another than rounding. */
    private Tensor factor(TensorPlan plan, InputStatistics statistics, long cols) {
        boolean quantizes = plan.storage().quantized() && feedback == Feedback.OBS;
        double shrinkage = recipe.shrinkage().of(statistics.tokens(), cols, quantizes);
        return statistics.factor(recipe.damping(), shrinkage);
    }

    /** Stores values in the output's type, through the type that they are to take. */
    private Outcome round(
            Scope scope, Tensor w, Tensor stored, TensorPlan plan, InputStatistics statistics) {
        if (!plan.storage().quantized()) {
            store(w, stored);
            return new Outcome(0, 0);
        }
        boolean exactZeros = plan.sparsity().prunes();
        Tensor importance = importance(scope, plan, statistics);
        if (stored.type() == plan.storage()) {
            device.quantize(stored, w, importance, exactZeros);
        } else {
            Tensor simulated = scope.tensor(plan.storage(), w.rows(), w.cols());
            device.quantize(simulated, w, importance, exactZeros);
            device.dequantize(w, simulated);
            store(w, stored);
        }
        return new Outcome(0, 0);
    }

    /** [1 × cols]; null: all columns matter the same. */
    private Tensor importance(Scope scope, TensorPlan plan, InputStatistics statistics) {
        if (statistics != null) {
            return scope.add(statistics.importance());
        }
        return rounding == null ? null : rounding.tensor(scope, plan);
    }

    /** Stores values in a float type. */
    private void store(Tensor w, Tensor stored) {
        if (stored.type() == DType.F32) {
            stored.copyFrom(w);
        } else {
            device.quantize(stored, w, null, false);
        }
    }

    private ObsStep step(Sparsity sparsity) {
        return new ObsStep(
                sparsity.ofM() > 0 ? 0 : sparsity.share(),
                sparsity.keepN(),
                sparsity.ofM(),
                recipe.maskBlock(),
                recipe.updateBlock(),
                false,
                DType.F32);
    }

    private Tensor decode(Scope scope, Tensor source) {
        Tensor w = scope.tensor(DType.F32, source.rows(), source.cols());
        if (source.type() == DType.F32) {
            w.copyFrom(source);
        } else {
            device.dequantize(w, source);
        }
        return w;
    }
}
