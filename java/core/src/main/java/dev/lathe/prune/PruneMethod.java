package dev.lathe.prune;

import dev.lathe.UsageException;
import java.util.Arrays;
import java.util.Locale;

/** How the weights to prune are chosen. */
public enum PruneMethod {
    /**
     * Second-order scores and compensation of the weights that stay (Frantar and Alistarh 2023).
     */
    SPARSEGPT,
    /** |weight| times the norm of its input, row by row, without compensation (Sun et al. 2023). */
    WANDA,
    /** |weight| alone, over the whole matrix. */
    MAGNITUDE;

    /**
     * Whether the method looks at calibration data.
     *
     * @return false for magnitude
     */
    public boolean needsCalibration() {
        return this != MAGNITUDE;
    }

    /**
     * The name in recipes and on the command line.
     *
     * @return such as {@code sparsegpt}
     */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Finds a method by its name.
     *
     * @param id such as {@code sparsegpt}, in any case
     * @return the method
     * @throws UsageException naming those known
     */
    public static PruneMethod of(String id) {
        for (PruneMethod method : values()) {
            if (method.id().equals(id.toLowerCase(Locale.ROOT))) {
                return method;
            }
        }
        throw new UsageException(
                "method '"
                        + id
                        + "' is unknown; known: "
                        + String.join(", ", Arrays.stream(values()).map(PruneMethod::id).toList()));
    }
}
