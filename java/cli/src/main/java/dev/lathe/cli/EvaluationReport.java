package dev.lathe.cli;

import dev.lathe.LatheException;
import dev.lathe.eval.report.Reports;
import dev.lathe.eval.results.Evaluation;
import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.results.Results;
import dev.lathe.eval.results.TaskResult;
import dev.lathe.eval.statistics.Difference;
import dev.lathe.eval.statistics.Estimate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Writes the reports of runs and tells their figures. */
final class EvaluationReport {
    private EvaluationReport() {}

    /** Writes the reports of some folders into one. */
    static Results write(List<Path> folders, String baseline, Path output) {
        try (Evaluation evaluation = Evaluation.open(folders, baseline)) {
            Reports.write(output, evaluation);
            return evaluation.results();
        } catch (IOException e) {
            throw new LatheException(output + ": the report cannot be written: " + e, e);
        }
    }

    /** A table: a line for each model and task. */
    static String text(Results results, Path output) {
        Table table = new Table(2);
        table.row(
                "model",
                "task",
                "accuracy",
                "95 % interval",
                "against " + results.baseline(),
                "95 % interval",
                "tokens",
                "no answer",
                "cut off",
                "failed");
        for (ModelResult model : results.models()) {
            for (TaskResult task : model.tasks()) {
                table.row(row(model, task));
            }
        }
        return table
                + System.lineSeparator()
                + output.resolve(Reports.HTML)
                + System.lineSeparator();
    }

    private static String[] row(ModelResult model, TaskResult task) {
        Estimate accuracy = task.accuracy();
        Difference change = task.accuracyChange();
        return new String[] {
            model.model().name(),
            task.task(),
            accuracy == null ? "-" : Quantity.percent(accuracy.mean()),
            accuracy == null ? "-" : interval(accuracy.low(), accuracy.high()),
            change == null ? "-" : Quantity.format("%+.2f", 100 * change.mean()),
            change == null ? "-" : interval(change.low(), change.high()),
            task.compute() == null
                    ? "-"
                    : Quantity.format("%.0f", task.compute().all().total().mean()),
            String.valueOf(task.counts().noAnswer()),
            String.valueOf(task.counts().truncated()),
            String.valueOf(task.counts().failed() + task.counts().missing())
        };
    }

    private static String interval(double low, double high) {
        return Quantity.format("%.1f to %.1f", 100 * low, 100 * high);
    }
}
