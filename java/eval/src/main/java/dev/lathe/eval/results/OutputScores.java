package dev.lathe.eval.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lathe.DataException;
import dev.lathe.eval.judge.Judge;
import dev.lathe.eval.judge.Judgement;
import dev.lathe.eval.run.Outputs;
import dev.lathe.eval.statistics.Estimate;
import dev.lathe.eval.statistics.Samples;
import dev.lathe.eval.task.OutputOrder;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.Verdict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/**
 * Scores of outputs that were made elsewhere or earlier.
 *
 * @param task their task
 * @param order what their indices were taken to count: {@code data} or {@code paper}
 * @param right right ones
 * @param wrong wrong ones
 * @param noAnswer outputs in which no answer was found
 * @param accuracy share of right ones; several outputs of one index are samples of it
 * @param f1 overlap of words with the expected answers; null where the task has none
 * @param answers the verdicts, in the file's order
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record OutputScores(
        String task,
        String order,
        int right,
        int wrong,
        int noAnswer,
        Estimate accuracy,
        Estimate f1,
        List<Answer> answers) {
    /**
     * Copies the list.
     *
     * @param task the component
     * @param order the component
     * @param right the component
     * @param wrong the component
     * @param noAnswer the component
     * @param accuracy the component
     * @param f1 the component
     * @param answers the component
     */
    public OutputScores {
        answers = List.copyOf(answers);
    }

    /**
     * The verdict on one output.
     *
     * @param index its index
     * @param row the row of the data that it answers
     * @param verdict what it comes to
     * @param answer what was taken for the answer, or null
     * @param expected the right answer, then its aliases
     * @param rule how the answer was found
     * @param quote the words that it rests on
     * @param f1 overlap of words, or null
     * @param truncated whether its end looks cut off
     * @param repeating whether it ends in endless repetition
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Answer(
            int index,
            int row,
            Verdict verdict,
            String answer,
            List<String> expected,
            String rule,
            String quote,
            Double f1,
            boolean truncated,
            boolean repeating) {}

    /**
     * Scores a file.
     *
     * @param task its task
     * @param questions the task's questions
     * @param file one object per line, with {@code index} and {@code output}
     * @param order what the indices count
     * @return the scores
     * @throws DataException if the file is not of that form, or an index is of no question
     */
    public static OutputScores of(
            Task task, List<Question> questions, Path file, OutputOrder order) {
        OutputOrder found = order == OutputOrder.AUTO ? detect(task, questions, file) : order;
        List<Answer> answers = new ArrayList<>();
        Outputs.read(
                file,
                (index, output) -> {
                    int row =
                            found == OutputOrder.PAPER
                                    ? task.paperRow(questions, index, output)
                                    : index;
                    if (row < 0 || row >= questions.size()) {
                        throw new DataException(
                                file
                                        + ": index "
                                        + index
                                        + ": "
                                        + task.name()
                                        + " has "
                                        + questions.size()
                                        + " questions");
                    }
                    answers.add(answer(index, row, questions.get(row), output));
                });
        return new OutputScores(
                task.name(),
                found.toString(),
                count(answers, Verdict.RIGHT),
                count(answers, Verdict.WRONG),
                count(answers, Verdict.NO_ANSWER),
                Estimate.of(samples(answers, each -> each.verdict() == Verdict.RIGHT ? 1 : 0)),
                Estimate.of(samples(answers, each -> each.f1() == null ? Double.NaN : each.f1())),
                answers);
    }

    private static OutputOrder detect(Task task, List<Question> questions, Path file) {
        OutputOrder.Detection detection = OutputOrder.detection(task, questions);
        Outputs.read(file, detection::add);
        return detection.order();
    }

    private static Answer answer(int index, int row, Question question, String output) {
        Judgement judgement = Judge.of(question, output);
        return new Answer(
                index,
                row,
                judgement.score().verdict(),
                judgement.extraction().answer(),
                question.expected(),
                judgement.extraction().rule(),
                judgement.extraction().quote(),
                judgement.score().f1(),
                judgement.truncated(),
                judgement.repetition() != null);
    }

    private static int count(List<Answer> answers, Verdict verdict) {
        return (int) answers.stream().filter(each -> each.verdict() == verdict).count();
    }

    private static Samples samples(List<Answer> answers, ToDoubleFunction<Answer> value) {
        Map<Integer, List<Double>> byRow = new TreeMap<>();
        for (Answer each : answers) {
            byRow.computeIfAbsent(each.row(), row -> new ArrayList<>())
                    .add(value.applyAsDouble(each));
        }
        return new Samples(
                byRow.values().stream()
                        .map(row -> row.stream().mapToDouble(Double::doubleValue).toArray())
                        .toArray(double[][]::new));
    }
}
