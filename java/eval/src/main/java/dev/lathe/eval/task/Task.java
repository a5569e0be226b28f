package dev.lathe.eval.task;

import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.ModelOutput;
import java.nio.file.Path;
import java.util.List;

/**
 * A set of questions, how they are asked, and how answers are found and scored. Implementations are
 * listed in {@code META-INF/services}; they have no state.
 */
public interface Task {
    /**
     * The name on the command line and in files.
     *
     * @return lower case, such as {@code folio}
     */
    String name();

    /**
     * The name for readers.
     *
     * @return such as {@code FOLIO}
     */
    String title();

    /**
     * Where the questions come from.
     *
     * @return file and public address
     */
    TaskSource source();

    /**
     * Reads the questions.
     *
     * @param file the file that {@link #source()} names, or one of the same form
     * @return all questions in the task's order
     * @throws dev.lathe.UsageException if the file does not exist
     * @throws dev.lathe.DataException if it is not what it should be
     */
    List<Question> questions(Path file);

    /**
     * Which question an output answers that was made with the paper's editions of the data, whose
     * rows may stand in another order.
     *
     * @param questions all questions
     * @param index the row in the paper's order
     * @param output what the model said
     * @return the position in {@code questions}; outside of it where there is none
     */
    default int paperRow(List<Question> questions, int index, String output) {
        return index;
    }

    /**
     * Finds the answer.
     *
     * @param question what was asked
     * @param output what the model said
     * @return the answer, or {@link Extraction#NONE}
     */
    Extraction extract(Question question, ModelOutput output);

    /**
     * Scores an answer: right where it is the first that is expected.
     *
     * @param question what was asked
     * @param extraction what was found
     * @return the score
     */
    default Score score(Question question, Extraction extraction) {
        return Score.exact(extraction, question.expected().get(0));
    }
}
