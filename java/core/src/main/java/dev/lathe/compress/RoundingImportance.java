package dev.lathe.compress;

import dev.lathe.DataException;
import dev.lathe.calibrate.ImportanceMatrix;
import dev.lathe.device.DType;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** The importance of columns that a recipe takes from a file, for weights rounded to nearest. */
final class RoundingImportance {
    private final String file;
    private final ImportanceMatrix matrix;

    private RoundingImportance(String file, ImportanceMatrix matrix) {
        this.file = file;
        this.matrix = matrix;
    }

    /**
     * Reads the file of a plan's recipe and compares it with the model.
     *
     * @param plan what is to be rounded
     * @param notices hears of layers that the file does not know
     * @return the importance, or null where the recipe names no file
     * @throws DataException if the file is broken or of another model
     */
    static RoundingImportance of(CompressionPlan plan, Consumer<String> notices) {
        String file = plan.recipe().imatrix();
        if (file == null) {
            return null;
        }
        RoundingImportance importance =
                new RoundingImportance(file, ImportanceMatrix.read(Path.of(file)));
        int layers = 0;
        int missing = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.linearWeight() && tensor.storage().quantized()) {
                layers++;
                missing += importance.find(tensor).isPresent() ? 0 : 1;
            }
        }
        if (missing == layers && layers > 0) {
            throw new DataException(file + " knows none of this model's linear layers");
        }
        if (missing > 0) {
            notices.accept(
                    String.format(
                            "%s knows nothing of %d of %d linear layers: rounded without"
                                    + " importance",
                            file, missing, layers));
        }
        return importance;
    }

    /** The importance of a tensor's columns [1 × cols], owned by the scope; null: all the same. */
    Tensor tensor(Scope scope, TensorPlan plan) {
        return find(plan)
                .map(values -> scope.tensor(DType.F32, 1, plan.cols()).set(values))
                .orElse(null);
    }

    private Optional<float[]> find(TensorPlan plan) {
        try {
            return matrix.meanSquares(plan.key(), plan.cols());
        } catch (DataException e) {
            throw new DataException(file + ": " + e.getMessage(), e);
        }
    }

    String sha256() {
        return matrix.sha256();
    }

    /** What the record says of it. */
    RunRecord.Calibration record() {
        long greatest = Integer.MAX_VALUE;
        int sequences = (int) Math.min(matrix.chunkCount(), greatest);
        int length = (int) Math.min(matrix.chunkSize(), greatest);
        return new RunRecord.Calibration(
                "imatrix " + file, sequences, length, (long) sequences * length, 0, sha256());
    }
}
