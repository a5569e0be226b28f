package dev.lathe.quantize;

import dev.lathe.UsageException;
import java.util.Locale;

/** Whether later columns make up for the rounding errors of earlier ones. */
public enum Feedback {
    /** Second-order error feedback, column by column (optimal brain surgeon). */
    OBS,
    /** Round to nearest, with importance weights where there is calibration. */
    NONE;

    /**
     * The name in recipes and on the command line.
     *
     * @return {@code obs} or {@code none}
     */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Finds a kind of feedback by its name.
     *
     * @param id {@code obs} or {@code none}, in any case
     * @return the kind
     * @throws UsageException if it is neither
     */
    public static Feedback of(String id) {
        for (Feedback feedback : values()) {
            if (feedback.id().equals(id.toLowerCase(Locale.ROOT))) {
                return feedback;
            }
        }
        throw new UsageException("feedback '" + id + "' is unknown; known: obs, none");
    }
}
