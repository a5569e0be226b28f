package dev.lathe.eval.statistics;

import java.util.Arrays;

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
public record Difference(double mean, double low, double high, int pairs, int lost, int gained) {
    /**
     * Compares two models question by question.
     *
     * @param model the model's values, from 0 to 1; 1 is right
     * @param baseline the baseline's values of the same questions
     * @return the difference, or null where no question has values of both
     */
    public static Difference between(Samples model, Samples baseline) {
        double[] differences = new double[model.questions()];
        int lost = 0;
        int gained = 0;
        for (int i = 0; i < differences.length; i++) {
            differences[i] = model.ofQuestion(i) - baseline.ofQuestion(i);
            double[] now = model.values()[i];
            double[] before = baseline.values()[i];
            for (int sample = 0; sample < Math.min(now.length, before.length); sample++) {
                boolean both = !Double.isNaN(now[sample] + before[sample]);
                lost += both && before[sample] == 1 && now[sample] < 1 ? 1 : 0;
                gained += both && before[sample] < 1 && now[sample] == 1 ? 1 : 0;
            }
        }
        double[] pairs = Arrays.stream(differences).filter(each -> !Double.isNaN(each)).toArray();
        if (pairs.length == 0) {
            return null;
        }
        Bootstrap.Interval interval =
                Bootstrap.interval(
                                new int[] {pairs.length},
                                drawn -> {
                                    double sum = 0;
                                    for (int i = 0; i < pairs.length; i++) {
                                        sum += drawn[i] * pairs[i];
                                    }
                                    return sum / pairs.length;
                                })
                        .widened(pairs.length, -1, 1);
        return new Difference(
                Samples.mean(pairs), interval.low(), interval.high(), pairs.length, lost, gained);
    }
}
