package dev.lathe.eval.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lathe.eval.statistics.LengthEffect;

/**
 * Test-time compute of a model on a task.
 *
 * @param all tokens of all answers
 * @param right tokens of right answers
 * @param notRight tokens of wrong answers and of outputs without an answer
 * @param secondsPerToken generation time divided by generated tokens; null where no time is known
 * @param splitEstimated answers whose split into thinking and answer is an estimate
 * @param lengthEffect whether shorter answers are more often right; null where all or none are
 *     right
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ComputeResult(
        TokenUse all,
        TokenUse right,
        TokenUse notRight,
        Double secondsPerToken,
        int splitEstimated,
        LengthEffect lengthEffect) {}
