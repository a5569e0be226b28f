package dev.lathe.prune;

import dev.lathe.UsageException;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * How many weights of a matrix become zero: a share of all of them, or n of every m consecutive
 * columns of a row kept.
 *
 * @param share share of zeros, at least 0 and below 1; (m − n) / m for a pattern
 * @param keepN weights kept in each group of a pattern, 0 without one
 * @param ofM columns of a group, 0 without one
 */
public record Sparsity(double share, int keepN, int ofM) {
    /** Nothing is pruned. */
    public static final Sparsity NONE = new Sparsity(0, 0, 0);

    private static final int GREATEST_GROUP = 128;

    /**
     * Checks the numbers.
     *
     * @param share the component
     * @param keepN the component
     * @param ofM the component
     * @throws UsageException if they are out of range
     */
    public Sparsity {
        if (ofM == 0 && !(share >= 0 && share < 1)) {
            throw new UsageException("sparsity " + share + ", expected at least 0 and below 1");
        }
        if (ofM != 0 && (ofM < 2 || ofM > GREATEST_GROUP || keepN < 1 || keepN >= ofM)) {
            throw new UsageException(
                    "pattern "
                            + keepN
                            + ":"
                            + ofM
                            + ", expected n:m with 0 < n < m and m at most "
                            + GREATEST_GROUP);
        }
    }

    /**
     * A share of zeros without a pattern.
     *
     * @param share at least 0 and below 1
     * @return the sparsity
     * @throws UsageException if it is out of range
     */
    public static Sparsity unstructured(double share) {
        return new Sparsity(share, 0, 0);
    }

    /**
     * Reads a pattern.
     *
     * @param text such as {@code 2:4}
     * @return the sparsity
     * @throws UsageException if it is no pattern
     */
    public static Sparsity pattern(String text) {
        String[] parts = text.split(":", -1);
        try {
            if (parts.length == 2) {
                int keepN = Integer.parseInt(parts[0].trim());
                int ofM = Integer.parseInt(parts[1].trim());
                return new Sparsity(
                        ofM > 0 ? 1 - (double) keepN / ofM : 0, keepN, ofM == 0 ? -1 : ofM);
            }
        } catch (NumberFormatException e) {
            throw new UsageException("pattern '" + text + "', expected n:m such as 2:4", e);
        }
        throw new UsageException("pattern '" + text + "', expected n:m such as 2:4");
    }

    /**
     * Whether any weight becomes zero.
     *
     * @return false for {@link #NONE}
     */
    public boolean prunes() {
        return ofM > 0 || share > 0;
    }

    /**
     * Whether rows of this many weights can be pruned.
     *
     * @param cols weights in a row
     * @throws UsageException if they are no whole number of the pattern's groups
     */
    public void requireFits(long cols) {
        if (ofM > 0 && cols % ofM != 0) {
            throw new UsageException(
                    "pattern " + this + " does not divide rows of " + cols + " weights");
        }
    }

    /**
     * How many weights SparseGPT and magnitude set to zero.
     *
     * @param rows rows of the matrix
     * @param cols columns of the matrix
     * @return ⌊share · rows · cols⌋, or exactly what the pattern asks for
     */
    public long zeros(long rows, long cols) {
        if (ofM > 0) {
            return rows * (cols / ofM) * (ofM - keepN);
        }
        return floor(share, rows * cols);
    }

    /**
     * How many weights of each row Wanda sets to zero, times the rows.
     *
     * @param rows rows of the matrix
     * @param cols columns of the matrix
     * @return rows · ⌊share · cols⌋, or exactly what the pattern asks for
     */
    public long zerosPerRow(long rows, long cols) {
        return ofM > 0 ? zeros(rows, cols) : rows * floor(share, cols);
    }

    /** 0.3 · 10 is 3 here, though the product of the binary numbers lies below it. */
    private static long floor(double share, long total) {
        return BigDecimal.valueOf(share)
                .multiply(BigDecimal.valueOf(total))
                .setScale(0, RoundingMode.FLOOR)
                .longValueExact();
    }

    @Override
    public String toString() {
        return ofM > 0 ? keepN + ":" + ofM : Double.toString(share);
    }
}
