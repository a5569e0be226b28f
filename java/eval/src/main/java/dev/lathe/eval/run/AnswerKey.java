package dev.lathe.eval.run;

/**
 * Which answer of a model.
 *
 * @param task the task's name
 * @param index the question's row
 * @param sample which of the samples of this question, from 0
 */
public record AnswerKey(String task, int index, int sample) {}
