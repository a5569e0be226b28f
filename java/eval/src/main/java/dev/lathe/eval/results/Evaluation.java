package dev.lathe.eval.results;

import dev.lathe.eval.task.Question;
import java.nio.file.Path;
import java.util.List;

/**
 * A finished or unfinished evaluation that is open for reading. Outputs stay on the disk and are
 * read one question at a time.
 */
public interface Evaluation extends AutoCloseable {
    /**
     * Opens the evaluation of one or more folders and computes its figures.
     *
     * @param folders folders of runs with the same settings and questions
     * @param baseline name of the model to compare with; null for the first
     * @return the evaluation, to be closed
     * @throws dev.lathe.UsageException if folders do not fit together or hold no answers
     * @throws dev.lathe.DataException if a file is not what it should be
     */
    static Evaluation open(List<Path> folders, String baseline) {
        return new FolderEvaluation(folders, baseline);
    }

    /**
     * The figures.
     *
     * @return all that the answers show so far
     */
    Results results();

    /**
     * The questions that were asked.
     *
     * @return by task in the run's order, then by row
     */
    List<Question> questions();

    /**
     * The answers to one question.
     *
     * @param question one of {@link #questions()}
     * @return by model in the order of {@link Results#models()}, then by sample; answers that are
     *     missing are left out
     */
    List<JudgedAnswer> answers(Question question);

    @Override
    void close();
}
