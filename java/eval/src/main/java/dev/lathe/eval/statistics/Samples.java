package dev.lathe.eval.statistics;

import java.util.Arrays;

/**
 * Values of several samples of the same questions: {@code values[question][sample]}; NaN where
 * there is none.
 *
 * @param values the values; rows may differ in length
 */
public record Samples(double[][] values) {
    /** Number of questions. */
    int questions() {
        return values.length;
    }

    /** The mean of a question's samples; NaN where it has none. */
    double ofQuestion(int question) {
        return mean(values[question]);
    }

    /** The means of the questions that have samples. */
    double[] questionMeans() {
        double[] means = new double[values.length];
        for (int i = 0; i < means.length; i++) {
            means[i] = ofQuestion(i);
        }
        return Arrays.stream(means).filter(mean -> !Double.isNaN(mean)).toArray();
    }

    /** The mean over questions of one sample; NaN where no question has it. */
    double ofSample(int sample) {
        double[] column = new double[values.length];
        for (int i = 0; i < column.length; i++) {
            column[i] = sample < values[i].length ? values[i][sample] : Double.NaN;
        }
        return mean(column);
    }

    /** The longest row. */
    int samples() {
        return Arrays.stream(values).mapToInt(row -> row.length).max().orElse(0);
    }

    /** The mean of what is there; NaN where nothing is. */
    static double mean(double[] values) {
        double sum = 0;
        int count = 0;
        for (double value : values) {
            if (!Double.isNaN(value)) {
                sum += value;
                count++;
            }
        }
        return count == 0 ? Double.NaN : sum / count;
    }
}
