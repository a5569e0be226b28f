package dev.lathe.eval.results;

import dev.lathe.eval.run.RunSettings;
import java.util.List;

/**
 * All that an evaluation found, without the outputs: what {@code results.json} holds.
 *
 * @param version of this form
 * @param lathe version of Lathe
 * @param settings what was asked
 * @param baseline name of the model that others are compared with
 * @param tasks the tasks, in the run's order
 * @param models the models, the baseline first
 */
public record Results(
        int version,
        String lathe,
        RunSettings settings,
        String baseline,
        List<TaskSummary> tasks,
        List<ModelResult> models) {
    /** The form that this version writes. */
    public static final int VERSION = 1;

    /**
     * Copies the lists.
     *
     * @param version the component
     * @param lathe the component
     * @param settings the component
     * @param baseline the component
     * @param tasks the component
     * @param models the component
     */
    public Results {
        tasks = List.copyOf(tasks);
        models = List.copyOf(models);
    }
}
