package dev.lathe.calibrate;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lathe.UsageException;

/**
 * Where calibration tokens come from and how many there are.
 *
 * @param file plain text, or chat as JSONL ({@code .jsonl}); null: the small set that Lathe brings
 *     along
 * @param sequences sequences of tokens; 0: no calibration, for methods that can do without
 * @param length tokens of a sequence
 * @param seed which sequences are drawn
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CalibrationOptions(String file, Integer sequences, Integer length, Long seed) {
    /** 32 sequences of 512 tokens of the set that Lathe brings along. */
    public static final CalibrationOptions DEFAULTS =
            new CalibrationOptions(null, null, null, null);

    private static final int GREATEST = 1 << 20;

    /**
     * Fills in defaults and checks the numbers.
     *
     * @param file the component
     * @param sequences the component
     * @param length the component
     * @param seed the component
     * @throws UsageException if they are out of range
     */
    public CalibrationOptions {
        sequences = sequences == null ? 32 : sequences;
        length = length == null ? 512 : length;
        seed = seed == null ? 0L : seed;
        if (sequences < 0 || sequences > GREATEST) {
            throw new UsageException(
                    sequences + " calibration sequences, expected 0 to " + GREATEST);
        }
        if (length < 2 || length > GREATEST) {
            throw new UsageException(
                    "calibration sequences of " + length + " tokens, expected 2 to " + GREATEST);
        }
    }
}
