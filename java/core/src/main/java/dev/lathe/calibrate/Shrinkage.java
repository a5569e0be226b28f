package dev.lathe.calibrate;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.lathe.UsageException;

/**
 * How much of a Hessian its diagonal replaces: (1 − s) H + s diag(H), beside the floor λ ·
 * mean(diag H) · I that damping adds. H of few tokens knows correlations that other text does not
 * have; its diagonal is known well.
 *
 * @param share s from 0 to 1, or null: chosen from the tokens per column
 */
public record Shrinkage(Double share) {
    /** Chosen from the tokens per column. */
    public static final Shrinkage AUTO = new Shrinkage(null);

    private static final String AUTO_NAME = "auto";

    private static final double LEAST = 0.01;
    private static final double GREATEST = 0.5;

    /**
     * Checks the share.
     *
     * @param share the component
     * @throws UsageException if it is out of range
     */
    public Shrinkage {
        if (share != null && !(share >= 0 && share <= 1)) {
            throw new UsageException("shrinkage " + share + ", expected 0.0 to 1.0, or auto");
        }
    }

    /**
     * Reads what a recipe or an option says.
     *
     * @param value a number, or a text that is {@code auto} or a number
     * @return the shrinkage
     * @throws UsageException if it is neither
     */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static Shrinkage of(Object value) {
        if (value.toString().equalsIgnoreCase(AUTO_NAME)) {
            return AUTO;
        }
        try {
            return new Shrinkage(Double.valueOf(value.toString()));
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "shrinkage '" + value + "', expected a number from 0 to 1, or auto", e);
        }
    }

    /**
     * The number, or {@code auto}.
     *
     * @return what {@link #of} reads
     */
    @JsonValue
    public Object value() {
        return share == null ? AUTO_NAME : share;
    }

    /**
     * The share for a matrix.
     *
     * @param tokens tokens that H was made of
     * @param cols columns of the matrix
     * @param quantizes whether rounding errors are fed back; pruning alone takes 0 by itself
     * @return s
     */
    public double of(long tokens, long cols, boolean quantizes) {
        if (share != null) {
            return share;
        }
        if (!quantizes) {
            return 0;
        }
        // Measured, see ARCHITECTURE.md.
        double suited = (double) cols / Math.max(1, tokens);
        return Math.max(LEAST, Math.min(GREATEST, suited));
    }

    @Override
    public String toString() {
        return value().toString();
    }
}
