package dev.lathe.eval.report;

import dev.lathe.eval.results.ComputeResult;
import dev.lathe.eval.results.Counts;
import dev.lathe.eval.results.Evaluation;
import dev.lathe.eval.results.JudgedAnswer;
import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.results.TaskResult;
import dev.lathe.eval.results.TaskSummary;
import dev.lathe.eval.results.TokenUse;
import dev.lathe.eval.run.AnswerKey;
import dev.lathe.eval.run.AnswerRecord;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.statistics.Difference;
import dev.lathe.eval.statistics.Distribution;
import dev.lathe.eval.statistics.Estimate;
import dev.lathe.eval.statistics.LengthEffect;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/**
 * Figures of a made-up evaluation; intervals are normal approximations, as pictures need no more.
 */
final class MadeUpFigures {
    private final Map<String, List<JudgedAnswer>> answers = new HashMap<>();
    private final List<TaskSummary> tasks;
    private final List<ModelDescription> models;

    MadeUpFigures(Evaluation evaluation, List<TaskSummary> tasks, List<ModelDescription> models) {
        this.tasks = tasks;
        this.models = models;
        for (Question question : evaluation.questions()) {
            for (JudgedAnswer answer : evaluation.answers(question)) {
                answers.computeIfAbsent(
                                answer.model() + " " + question.task(), key -> new ArrayList<>())
                        .add(answer);
            }
        }
    }

    List<ModelResult> models() {
        List<ModelResult> results = new ArrayList<>();
        for (ModelDescription model : models) {
            List<TaskResult> all = new ArrayList<>();
            for (TaskSummary task : tasks) {
                all.add(result(model, task));
            }
            double mean = all.stream().mapToDouble(r -> r.accuracy().mean()).average().orElse(0);
            double tokens =
                    all.stream()
                            .mapToDouble(r -> r.compute().all().total().mean())
                            .average()
                            .orElse(0);
            results.add(new ModelResult(model, estimate(mean, 150), tokens, all));
        }
        return results;
    }

    private List<JudgedAnswer> of(ModelDescription model, TaskSummary task) {
        return answers.get(model.name() + " " + task.name());
    }

    private TaskResult result(ModelDescription model, TaskSummary task) {
        List<JudgedAnswer> all = of(model, task);
        List<JudgedAnswer> judged = all.stream().filter(a -> a.judgement() != null).toList();
        int right = count(judged, Verdict.RIGHT);
        Counts counts =
                new Counts(
                        task.questions(),
                        judged.size(),
                        right,
                        count(judged, Verdict.WRONG),
                        count(judged, Verdict.NO_ANSWER),
                        all.size() - judged.size(),
                        0,
                        (int) judged.stream().filter(a -> a.judgement().truncated()).count(),
                        (int)
                                judged.stream()
                                        .filter(a -> a.judgement().repetition() != null)
                                        .count());
        Difference change =
                model == models.get(0) ? null : difference(of(models.get(0), task), judged);
        boolean overlap = judged.get(0).judgement().score().f1() != null;
        Estimate f1 =
                overlap
                        ? estimate(
                                judged.stream()
                                        .mapToDouble(a -> a.judgement().score().f1())
                                        .average()
                                        .orElse(0),
                                judged.size())
                        : null;
        return new TaskResult(
                task.name(),
                counts,
                estimate(right / (double) judged.size(), judged.size()),
                f1,
                change,
                null,
                compute(judged));
    }

    private static int count(List<JudgedAnswer> answers, Verdict verdict) {
        return (int)
                answers.stream().filter(a -> a.judgement().score().verdict() == verdict).count();
    }

    private static Estimate estimate(double mean, int count) {
        double error = Math.sqrt(mean * (1 - mean) / count);
        return new Estimate(
                mean, error, Math.max(0, mean - 1.96 * error), Math.min(1, mean + 1.96 * error));
    }

    private static Difference difference(List<JudgedAnswer> before, List<JudgedAnswer> now) {
        Map<AnswerKey, Boolean> right = new HashMap<>();
        for (JudgedAnswer answer : before) {
            if (answer.judgement() != null) {
                right.put(answer.answer().key(), isRight(answer));
            }
        }
        int pairs = 0;
        int lost = 0;
        int gained = 0;
        for (JudgedAnswer answer : now) {
            Boolean was = right.get(answer.answer().key());
            if (was != null) {
                pairs++;
                lost += was && !isRight(answer) ? 1 : 0;
                gained += !was && isRight(answer) ? 1 : 0;
            }
        }
        double mean = (gained - lost) / (double) pairs;
        double error = Math.sqrt((gained + lost) / (double) pairs / pairs);
        return new Difference(mean, mean - 1.96 * error, mean + 1.96 * error, pairs, lost, gained);
    }

    private static boolean isRight(JudgedAnswer answer) {
        return answer.judgement().score().verdict() == Verdict.RIGHT;
    }

    private static ComputeResult compute(List<JudgedAnswer> answers) {
        List<JudgedAnswer> right = answers.stream().filter(MadeUpFigures::isRight).toList();
        List<JudgedAnswer> other = answers.stream().filter(a -> !isRight(a)).toList();
        return new ComputeResult(
                use(answers),
                use(right),
                use(other),
                0.021,
                0,
                right.isEmpty() || other.isEmpty() ? null : effect(right, other));
    }

    private static LengthEffect effect(List<JudgedAnswer> right, List<JudgedAnswer> other) {
        double shorter = 0;
        for (JudgedAnswer a : right) {
            for (JudgedAnswer b : other) {
                int sign = Integer.compare(a.answer().tokens(), b.answer().tokens());
                shorter += (1 - sign) / 2.0;
            }
        }
        double share = shorter / right.size() / other.size();
        double error = 0.6 / Math.sqrt(right.size() + other.size());
        LengthEffect.Finding finding =
                share - error > 0.5
                        ? LengthEffect.Finding.SHORTER_IS_RIGHT
                        : share + error < 0.5
                                ? LengthEffect.Finding.LONGER_IS_RIGHT
                                : LengthEffect.Finding.UNDECIDED;
        return new LengthEffect(
                share,
                Math.max(0, share - error),
                Math.min(1, share + error),
                right.size(),
                other.size(),
                finding);
    }

    private static TokenUse use(List<JudgedAnswer> answers) {
        return new TokenUse(
                distribution(answers, AnswerRecord::tokens),
                distribution(answers, AnswerRecord::thinkingTokens),
                distribution(answers, AnswerRecord::answerTokens));
    }

    private static Distribution distribution(
            List<JudgedAnswer> answers, ToIntFunction<AnswerRecord> part) {
        double[] sorted =
                answers.stream().mapToDouble(a -> part.applyAsInt(a.answer())).sorted().toArray();
        int count = sorted.length;
        if (count == 0) {
            return new Distribution(0, 0, 0, 0, 0, 0, 0, List.of());
        }
        List<Distribution.Bucket> buckets = new ArrayList<>();
        for (double from = 1; from <= sorted[count - 1]; from *= Math.sqrt(2)) {
            double low = from;
            double high = from * Math.sqrt(2);
            int inside = 0;
            for (double value : sorted) {
                inside += value >= low && value < high ? 1 : 0;
            }
            buckets.add(new Distribution.Bucket(low, high, inside));
        }
        return new Distribution(
                count,
                java.util.Arrays.stream(sorted).average().orElse(0),
                sorted[0],
                sorted[count / 4],
                sorted[count / 2],
                sorted[count * 3 / 4],
                sorted[count - 1],
                buckets);
    }
}
