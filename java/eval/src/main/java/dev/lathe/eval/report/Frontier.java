package dev.lathe.eval.report;

import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.results.TaskResult;
import dev.lathe.eval.statistics.Estimate;
import java.util.ArrayList;
import java.util.List;

/** The models that no other beats in size and accuracy at once. */
final class Frontier {
    private Frontier() {}

    /**
     * The frontier of the average accuracy.
     *
     * @return positions in {@code models}, in their order; models without size or answers are none
     */
    static List<Integer> ofAverage(List<ModelResult> models) {
        return of(models, models.stream().map(model -> mean(model.average())).toList());
    }

    /** The frontier of one task's accuracy. */
    static List<Integer> ofTask(List<ModelResult> models, String task) {
        List<Double> accuracies = new ArrayList<>();
        for (ModelResult model : models) {
            accuracies.add(
                    model.tasks().stream()
                            .filter(result -> result.task().equals(task))
                            .findFirst()
                            .map(TaskResult::accuracy)
                            .map(Estimate::mean)
                            .orElse(null));
        }
        return of(models, accuracies);
    }

    private static List<Integer> of(List<ModelResult> models, List<Double> accuracies) {
        List<Integer> frontier = new ArrayList<>();
        for (int i = 0; i < models.size(); i++) {
            if (models.get(i).model().bytes() != null
                    && accuracies.get(i) != null
                    && !beaten(models, accuracies, i)) {
                frontier.add(i);
            }
        }
        return frontier;
    }

    private static boolean beaten(List<ModelResult> models, List<Double> accuracies, int index) {
        long bytes = models.get(index).model().bytes();
        double accuracy = accuracies.get(index);
        for (int i = 0; i < models.size(); i++) {
            Long otherBytes = models.get(i).model().bytes();
            Double other = accuracies.get(i);
            if (otherBytes == null || other == null) {
                continue;
            }
            boolean asGood = otherBytes <= bytes && other >= accuracy;
            if (asGood && (otherBytes < bytes || other > accuracy)) {
                return true;
            }
        }
        return false;
    }

    private static Double mean(Estimate estimate) {
        return estimate == null ? null : estimate.mean();
    }
}
