package dev.lathe.device;

/**
 * OBS pruning under a given mask in double precision, with a bound of how far another computation
 * of it may be off: one that uses a factor U which differs by up to {@code factorError} and rounds
 * every result to a type with unit roundoff u.
 *
 * <p>A running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, 3.3). Column
 * j is reached with w_j = w0_j − Σ_{k&lt;j} e_k U_kj, where e_k = w_k / U_kk for a pruned weight
 * and 0 for a kept one, which is stored as it is. If w_k is off by d_k and U_kj by D_kj, then
 *
 * <ul>
 *   <li>e_k is off by at most ε_k = (d_k + |e_k| D_kk) / (U_kk − D_kk) + 2 u |e_k|,
 *   <li>w_j by d_j = Σ_{k&lt;j} (ε_k (|U_kj| + D_kj) + |e_k| D_kj) + γ_{j+1} (|w0_j| + Σ_{k&lt;j}
 *       |e_k U_kj|), whatever the order of the sum is; γ_n = n u / (1 − n u).
 * </ul>
 */
final class PruningBounds {
    private final int rows;
    private final int cols;
    private final double[] u;
    private final double[] factorError;
    private final double roundoff;
    private final byte[] mask;

    /** [rows × cols]: each weight when its column is reached. */
    final double[] compensated;

    /** [rows × cols]: how far off another computation may be there. */
    final double[] bound;

    /** Σ e². */
    double loss;

    /** How far off another computation of the loss may be. */
    double lossBound;

    private PruningBounds(
            int rows,
            int cols,
            double[] w,
            double[] u,
            double[] factorError,
            double roundoff,
            byte[] mask) {
        this.rows = rows;
        this.cols = cols;
        this.u = u;
        this.factorError = factorError;
        this.roundoff = roundoff;
        this.mask = mask;
        this.compensated = w.clone();
        this.bound = new double[w.length];
    }

    static PruningBounds of(
            int rows,
            int cols,
            double[] w,
            double[] u,
            double[] factorError,
            double roundoff,
            byte[] mask) {
        PruningBounds result = new PruningBounds(rows, cols, w, u, factorError, roundoff, mask);
        for (int row = 0; row < rows; row++) {
            result.compress(row);
        }
        return result;
    }

    private void compress(int row) {
        int start = row * cols;
        double[] size = new double[cols];
        double[] spread = new double[cols];
        for (int j = 0; j < cols; j++) {
            size[j] = Math.abs(compensated[start + j]);
        }
        for (int j = 0; j < cols; j++) {
            double terms = (j + 1) * roundoff;
            bound[start + j] = spread[j] + terms / (1 - terms) * size[j];
            if (mask[start + j] == 0) {
                continue;
            }
            double diagonal = u[j * cols + j];
            double diagonalError = factorError[j * cols + j];
            double e = compensated[start + j] / diagonal;
            double error =
                    (bound[start + j] + Math.abs(e) * diagonalError) / (diagonal - diagonalError)
                            + 2 * roundoff * Math.abs(e);
            loss += e * e;
            lossBound += (2 * Math.abs(e) + error) * error + 2 * roundoff * e * e;
            for (int c = j + 1; c < cols; c++) {
                double factor = u[j * cols + c];
                double factorOff = factorError[j * cols + c];
                compensated[start + c] -= e * factor;
                size[c] += Math.abs(e * factor);
                spread[c] += error * (Math.abs(factor) + factorOff) + Math.abs(e) * factorOff;
            }
        }
    }

    /**
     * How far the mask of a choice departs from the scores: the greatest |w| / U_jj of a pruned
     * weight less what it may be off by, minus the least of a kept one plus that. Not positive
     * where pruned and kept weights lie on their sides, or closer to each other than can be told.
     */
    double misplaced(int firstRow, int lastRow, int firstColumn, int lastColumn) {
        double greatestPruned = Double.NEGATIVE_INFINITY;
        double leastKept = Double.POSITIVE_INFINITY;
        for (int row = firstRow; row < lastRow; row++) {
            for (int j = firstColumn; j < lastColumn; j++) {
                double value = Math.abs(scored(row, j, firstColumn));
                double diagonal = u[j * cols + j];
                double diagonalError = factorError[j * cols + j];
                double ratio = value / diagonal;
                // When the mask was chosen the bound was at most what it is in the end.
                double error =
                        (bound[row * cols + j] + ratio * diagonalError) / (diagonal - diagonalError)
                                + 3 * roundoff * ratio;
                if (mask[row * cols + j] != 0) {
                    greatestPruned = Math.max(greatestPruned, ratio - error);
                } else {
                    leastKept = Math.min(leastKept, ratio + error);
                }
            }
        }
        return greatestPruned - leastKept;
    }

    /** The weight of column j as it was when column {@code reached} was reached. */
    private double scored(int row, int j, int reached) {
        double value = compensated[row * cols + j];
        for (int k = reached; k < j; k++) {
            if (mask[row * cols + k] != 0) {
                value += compensated[row * cols + k] / u[k * cols + k] * u[k * cols + j];
            }
        }
        return value;
    }

    /**
     * The worst {@link #misplaced} of all choices that a step makes.
     *
     * @param ofM columns of a pattern's group, or 0
     * @param maskBlock columns of a block otherwise
     */
    double worstChoice(int ofM, int maskBlock) {
        double worst = Double.NEGATIVE_INFINITY;
        int width = ofM > 0 ? ofM : maskBlock;
        for (int first = 0; first < cols; first += width) {
            int last = Math.min(cols, first + width);
            if (ofM == 0) {
                worst = Math.max(worst, misplaced(0, rows, first, last));
            } else {
                for (int row = 0; row < rows; row++) {
                    worst = Math.max(worst, misplaced(row, row + 1, first, last));
                }
            }
        }
        return worst;
    }
}
