package dev.lathe.eval.engine;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.lathe.UsageException;

/**
 * How tokens are drawn.
 *
 * @param temperature 0 takes the most probable token
 * @param topP smallest share of probability to draw from, in (0, 1]
 */
public record Sampling(double temperature, double topP) {
    /** Always the most probable token. */
    public static final Sampling GREEDY = new Sampling(0, 1);

    /** What the authors of R1 ask for. */
    public static final Sampling REASONING = new Sampling(0.6, 0.95);

    /**
     * Checks the values.
     *
     * @param temperature the component
     * @param topP the component
     * @throws UsageException if one is out of range
     */
    public Sampling {
        if (!(temperature >= 0 && temperature <= 10)) {
            throw new UsageException("temperature must be 0 to 10, not " + temperature);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new UsageException("top-p must be above 0 and at most 1, not " + topP);
        }
    }

    /**
     * Whether every answer to a question is the same.
     *
     * @return true at temperature 0
     */
    @JsonIgnore
    public boolean greedy() {
        return temperature == 0;
    }
}
