package dev.lathe.eval.run;

import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import java.util.List;

/**
 * What is asked of every model of a run.
 *
 * @param tasks names of the tasks
 * @param limit at most so many questions of a task, evenly spread over it; 0: all
 * @param samples answers to each question
 * @param style how questions are put
 * @param sampling how tokens are drawn
 * @param seed from which each answer's own seed follows
 * @param maximumTokens most tokens of an answer
 * @param contextTokens most tokens of question and answer together
 */
public record RunSettings(
        List<String> tasks,
        int limit,
        int samples,
        PromptStyle style,
        Sampling sampling,
        long seed,
        int maximumTokens,
        int contextTokens) {
    /** Copies the list. */
    public RunSettings {
        tasks = List.copyOf(tasks);
    }
}
