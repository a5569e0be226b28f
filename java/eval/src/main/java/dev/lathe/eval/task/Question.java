package dev.lathe.eval.task;

import java.util.List;

/**
 * One question of a task with all that its scorer needs, so that answers can be judged without the
 * task's data.
 *
 * @param task the task's name
 * @param index the row in the task's order, from 0
 * @param id the row's own name in its data set, or its index
 * @param message what the user says
 * @param opening how the paper's prompt starts the model's turn: {@code <think>} and a new line
 * @param expected the right answer first, then its aliases
 * @param options texts that answers may repeat: the options in their order, or the statement to
 *     judge; empty where there are none
 */
public record Question(
        String task,
        int index,
        String id,
        String message,
        String opening,
        List<String> expected,
        List<String> options) {
    /**
     * Copies the lists.
     *
     * @param task the component
     * @param index the component
     * @param id the component
     * @param message the component
     * @param opening the component
     * @param expected the component
     * @param options the component
     */
    public Question {
        expected = List.copyOf(expected);
        options = List.copyOf(options);
    }
}
