package dev.lathe.eval.statistics;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Percentile bootstrap (Efron 1979): questions are drawn with replacement, a figure is computed
 * from each draw, and the middle 95 % of the figures is the interval. The draws are the same in
 * every run.
 */
final class Bootstrap {
    private static final long SEED = 20240513;
    private static final double TAIL = 0.025;
    private static final int MOST = 10_000;
    private static final int FEWEST = 1_000;

    /** Questions drawn in all: beyond it, fewer resamples do, since intervals are narrow then. */
    private static final int EFFORT = 20_000_000;

    private Bootstrap() {}

    /** The ends of an interval. */
    record Interval(double low, double high) {
        boolean empty() {
            return low == high;
        }

        /**
         * Resamples of values that are all the same say nothing about the questions not asked. Were
         * a share 1 − 0.025^(1/n) of all questions different, n questions would all be the same
         * only once in forty times (exact binomial bound): the interval takes in that share.
         */
        Interval widened(int questions, double least, double greatest) {
            if (!empty()) {
                return this;
            }
            double share = 1 - Math.pow(TAIL, 1.0 / questions);
            return new Interval(Math.max(least, low - share), Math.min(greatest, high + share));
        }
    }

    /**
     * Draws and computes.
     *
     * @param strata how many questions each stratum has; each is drawn from on its own
     * @param figure takes how often each question was drawn, all strata in a row; NaN where it
     *     cannot be computed
     */
    static Interval interval(int[] strata, ToDoubleFunction<int[]> figure) {
        int questions = Arrays.stream(strata).sum();
        int resamples = Math.max(FEWEST, Math.min(MOST, EFFORT / Math.max(1, questions)));
        SplittableRandom random = new SplittableRandom(SEED);
        double[] figures = new double[resamples];
        int[] drawn = new int[questions];
        for (int i = 0; i < resamples; i++) {
            Arrays.fill(drawn, 0);
            int start = 0;
            for (int size : strata) {
                for (int j = 0; j < size; j++) {
                    drawn[start + random.nextInt(size)]++;
                }
                start += size;
            }
            figures[i] = figure.applyAsDouble(drawn);
        }
        double[] sorted =
                Arrays.stream(figures).filter(each -> !Double.isNaN(each)).sorted().toArray();
        if (sorted.length == 0) {
            return new Interval(Double.NaN, Double.NaN);
        }
        return new Interval(Quantiles.of(sorted, TAIL), Quantiles.of(sorted, 1 - TAIL));
    }
}
