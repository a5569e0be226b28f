package dev.lathe.eval.run;

import dev.lathe.UsageException;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import java.util.List;
import java.util.Set;

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
    /**
     * Checks the values.
     *
     * @param tasks the component
     * @param limit the component
     * @param samples the component
     * @param style the component
     * @param sampling the component
     * @param seed the component
     * @param maximumTokens the component
     * @param contextTokens the component
     * @throws UsageException if one is out of range
     */
    public RunSettings {
        tasks = List.copyOf(tasks);
        require(!tasks.isEmpty(), "name at least one task");
        require(Set.copyOf(tasks).size() == tasks.size(), "each task counts once: " + tasks);
        require(limit >= 0, "the limit of questions must be 0 (all) or more, not " + limit);
        require(samples >= 1, "samples must be at least 1, not " + samples);
        require(
                samples == 1 || !sampling.greedy(),
                "greedy answers to a question are all the same: ask for 1 sample, or sample with a"
                        + " temperature above 0");
        require(maximumTokens >= 1, "the cap on tokens must be at least 1, not " + maximumTokens);
        require(
                contextTokens > 0 && contextTokens >= maximumTokens,
                "a context of "
                        + contextTokens
                        + " tokens cannot hold answers of "
                        + maximumTokens);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new UsageException(message);
        }
    }

    /**
     * The seed of an answer: the same for all models.
     *
     * @param key which answer
     * @return from 0 to 2³¹ − 1
     */
    public long seed(AnswerKey key) {
        return Seeds.mixed(seed, key.task().hashCode(), key.index(), key.sample());
    }
}
