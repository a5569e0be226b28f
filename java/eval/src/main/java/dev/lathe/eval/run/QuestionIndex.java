package dev.lathe.eval.run;

import dev.lathe.DataException;
import dev.lathe.eval.task.Question;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers the answers of a run: a slot for each question and sample, so that what is known of them
 * needs a few bytes each.
 */
public final class QuestionIndex {
    private final List<Question> questions;
    private final int samples;
    private final Map<String, Map<Integer, Integer>> positions = new HashMap<>();

    /**
     * Numbers them.
     *
     * @param questions the questions, in the run's order
     * @param samples answers to each
     * @throws DataException if a question stands twice, or apart from its task
     */
    public QuestionIndex(List<Question> questions, int samples) {
        this.questions = List.copyOf(questions);
        this.samples = samples;
        for (int i = 0; i < questions.size(); i++) {
            Question question = questions.get(i);
            Map<Integer, Integer> rows =
                    positions.computeIfAbsent(question.task(), task -> new HashMap<>());
            boolean follows = rows.isEmpty() || questions.get(i - 1).task().equals(question.task());
            if (rows.put(question.index(), i) != null || !follows) {
                throw new DataException(
                        "question "
                                + question.index()
                                + " of "
                                + question.task()
                                + " stands twice, or apart from its task's other questions");
            }
        }
    }

    /**
     * The questions.
     *
     * @return in the run's order
     */
    public List<Question> questions() {
        return questions;
    }

    /**
     * Answers to each question.
     *
     * @return at least 1
     */
    public int samples() {
        return samples;
    }

    /**
     * Number of slots.
     *
     * @return questions times samples
     */
    public int slots() {
        return Math.multiplyExact(questions.size(), samples);
    }

    /**
     * The position of a question.
     *
     * @param task its task
     * @param row its row
     * @return its place in {@link #questions()}, or −1
     */
    public int position(String task, int row) {
        return positions.getOrDefault(task, Map.of()).getOrDefault(row, -1);
    }

    /**
     * The slot of an answer.
     *
     * @param position the question's place in {@link #questions()}
     * @param sample the sample
     * @return its slot
     */
    public int slot(int position, int sample) {
        return position * samples + sample;
    }

    /**
     * The slot of an answer.
     *
     * @param key which answer
     * @return its slot, or −1 where the run has no such question or sample
     */
    public int slot(AnswerKey key) {
        int position = position(key.task(), key.index());
        boolean known = position >= 0 && key.sample() >= 0 && key.sample() < samples;
        return known ? slot(position, key.sample()) : -1;
    }
}
