package dev.lathe.eval.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.statistics.Estimate;
import java.util.List;

/**
 * A model on all tasks.
 *
 * @param model the model
 * @param average mean of the tasks' accuracies, each task counting the same; null where there is no
 *     answer
 * @param tokensPerQuestion mean tokens of an answer, each task counting the same; null where there
 *     is no answer
 * @param tasks one result for each task of the run, in the run's order
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelResult(
        ModelDescription model,
        Estimate average,
        Double tokensPerQuestion,
        List<TaskResult> tasks) {
    /**
     * Copies the list.
     *
     * @param model the component
     * @param average the component
     * @param tokensPerQuestion the component
     * @param tasks the component
     */
    public ModelResult {
        tasks = List.copyOf(tasks);
    }
}
