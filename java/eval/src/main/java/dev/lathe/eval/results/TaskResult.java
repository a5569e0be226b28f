package dev.lathe.eval.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lathe.eval.statistics.Difference;
import dev.lathe.eval.statistics.Estimate;

/**
 * A model on a task.
 *
 * @param task the task's name
 * @param counts what became of the answers
 * @param accuracy share of right answers; null where there is no answer
 * @param f1 overlap of words with the expected answer; null where the task has none
 * @param accuracyChange accuracy against the baseline; null for the baseline itself
 * @param f1Change F1 against the baseline; null for the baseline or a task without
 * @param compute tokens and time; null where there is no answer
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record TaskResult(
        String task,
        Counts counts,
        Estimate accuracy,
        Estimate f1,
        Difference accuracyChange,
        Difference f1Change,
        ComputeResult compute) {}
