package dev.lathe.eval.statistics;

/**
 * A model against the baseline over the questions that both answered.
 *
 * @param mean mean of the model's value less the baseline's; negative is a loss
 * @param low lower end of its 95 % bootstrap interval over questions
 * @param high its upper end
 * @param pairs questions that both answered
 * @param lost answers right before and not right now, pairing samples by their number
 * @param gained answers right now and not right before
 */
public record Difference(double mean, double low, double high, int pairs, int lost, int gained) {}
