package dev.lathe.eval.results;

import dev.lathe.eval.run.AnswerLog;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.statistics.Difference;
import dev.lathe.eval.statistics.Distribution;
import dev.lathe.eval.statistics.Estimate;
import dev.lathe.eval.statistics.LengthEffect;
import dev.lathe.eval.statistics.Samples;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Tasks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.function.IntUnaryOperator;

/** Computes the figures of a run. */
final class Analysis {
    private final RunFolder run;
    private final List<ModelDescription> models;
    private final Map<String, AnswerLog> logs;
    private final Map<String, TaskSlots> tasks = new LinkedHashMap<>();

    Analysis(RunFolder run, List<ModelDescription> models, Map<String, AnswerLog> logs) {
        this.run = run;
        this.models = models;
        this.logs = logs;
        List<Question> questions = run.index().questions();
        for (int i = 0; i < questions.size(); i++) {
            TaskSlots one = new TaskSlots(i, 1, run.index().samples());
            tasks.merge(
                    questions.get(i).task(),
                    one,
                    (slots, next) ->
                            new TaskSlots(slots.first(), slots.questions() + 1, slots.samples()));
        }
    }

    Results results() {
        List<TaskSummary> summaries = new ArrayList<>();
        tasks.forEach(
                (name, slots) ->
                        summaries.add(
                                new TaskSummary(
                                        name, Tasks.named(name).title(), slots.questions())));
        AnswerFigures baseline = null;
        List<ModelResult> results = new ArrayList<>();
        for (ModelDescription model : models) {
            AnswerFigures figures = AnswerFigures.of(logs.get(model.name()), run.index());
            results.add(result(model, figures, baseline));
            baseline = baseline == null ? figures : baseline;
        }
        String version = Results.class.getPackage().getImplementationVersion();
        return new Results(
                Results.VERSION,
                version == null ? "development" : version,
                run.settings(),
                models.get(0).name(),
                summaries,
                results);
    }

    private ModelResult result(
            ModelDescription model, AnswerFigures figures, AnswerFigures baseline) {
        List<TaskResult> results = new ArrayList<>();
        List<Samples> accuracies = new ArrayList<>();
        tasks.forEach(
                (name, slots) -> {
                    accuracies.add(figures.accuracy(slots));
                    results.add(task(name, slots, figures, baseline));
                });
        OptionalDouble tokens =
                results.stream()
                        .map(TaskResult::compute)
                        .filter(Objects::nonNull)
                        .mapToDouble(compute -> compute.all().total().mean())
                        .average();
        return new ModelResult(
                model,
                Estimate.ofStrata(accuracies),
                tokens.isPresent() ? tokens.getAsDouble() : null,
                results);
    }

    private static TaskResult task(
            String name, TaskSlots slots, AnswerFigures figures, AnswerFigures baseline) {
        Samples accuracy = figures.accuracy(slots);
        Samples f1 = figures.f1(slots);
        boolean compared = baseline != null;
        return new TaskResult(
                name,
                figures.counts(slots),
                Estimate.of(accuracy),
                Estimate.of(f1),
                compared ? Difference.between(accuracy, baseline.accuracy(slots)) : null,
                compared ? Difference.between(f1, baseline.f1(slots)) : null,
                compute(figures, slots));
    }

    private static ComputeResult compute(AnswerFigures figures, TaskSlots slots) {
        int[] all = figures.answered(slots);
        if (all.length == 0) {
            return null;
        }
        int[] right = Arrays.stream(all).filter(figures::right).toArray();
        int[] notRight = Arrays.stream(all).filter(slot -> !figures.right(slot)).toArray();
        double seconds = Arrays.stream(all).mapToDouble(figures::seconds).sum();
        long tokens = Arrays.stream(all).mapToLong(figures::tokens).sum();
        return new ComputeResult(
                use(figures, all),
                use(figures, right),
                use(figures, notRight),
                seconds > 0 && tokens > 0 ? seconds / tokens : null,
                (int) Arrays.stream(all).filter(figures::splitEstimated).count(),
                lengthEffect(figures, slots, all));
    }

    private static TokenUse use(AnswerFigures figures, int[] slots) {
        return new TokenUse(
                distribution(slots, figures::tokens),
                distribution(slots, figures::thinkingTokens),
                distribution(slots, figures::answerTokens));
    }

    private static Distribution distribution(int[] slots, IntUnaryOperator tokens) {
        return Distribution.of(Arrays.stream(slots).map(tokens).toArray());
    }

    private static LengthEffect lengthEffect(AnswerFigures figures, TaskSlots task, int[] slots) {
        boolean[] right = new boolean[slots.length];
        int[] questions = new int[slots.length];
        for (int i = 0; i < slots.length; i++) {
            right[i] = figures.right(slots[i]);
            questions[i] = figures.question(slots[i]) - task.first();
        }
        return LengthEffect.of(
                Arrays.stream(slots).map(figures::tokens).toArray(), right, questions);
    }
}
