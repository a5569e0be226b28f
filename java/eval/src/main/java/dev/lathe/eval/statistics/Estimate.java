package dev.lathe.eval.statistics;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Arrays;
import java.util.List;

/**
 * A mean and how sure it is.
 *
 * @param mean the mean
 * @param standardError standard error over the samples; null with fewer than two samples
 * @param low lower end of the 95 % bootstrap interval over questions
 * @param high its upper end
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Estimate(double mean, Double standardError, double low, double high) {
    /**
     * The mean of shares.
     *
     * @param samples values from 0 to 1
     * @return the estimate, or null where there are no values
     */
    public static Estimate of(Samples samples) {
        return ofStrata(List.of(samples));
    }

    /**
     * The mean of several means, each counting the same.
     *
     * @param strata values from 0 to 1 of each; those without values are left out
     * @return the estimate, or null where there are no values
     */
    public static Estimate ofStrata(List<Samples> strata) {
        List<Samples> given =
                strata.stream().filter(each -> each.questionMeans().length > 0).toList();
        if (given.isEmpty()) {
            return null;
        }
        double[][] means = given.stream().map(Samples::questionMeans).toArray(double[][]::new);
        int[] sizes = Arrays.stream(means).mapToInt(each -> each.length).toArray();
        double mean = Arrays.stream(means).mapToDouble(Samples::mean).average().orElseThrow();
        Bootstrap.Interval interval =
                Bootstrap.interval(sizes, drawn -> drawnMean(means, drawn))
                        .widened(Arrays.stream(sizes).sum(), 0, 1);
        return new Estimate(mean, standardError(given), interval.low(), interval.high());
    }

    private static double drawnMean(double[][] means, int[] drawn) {
        double total = 0;
        int position = 0;
        for (double[] stratum : means) {
            double sum = 0;
            for (double mean : stratum) {
                sum += drawn[position++] * mean;
            }
            total += sum / stratum.length;
        }
        return total / means.length;
    }

    private static Double standardError(List<Samples> strata) {
        int samples = strata.stream().mapToInt(Samples::samples).min().orElse(0);
        double[] means = new double[samples];
        for (int i = 0; i < samples; i++) {
            int sample = i;
            means[i] =
                    strata.stream()
                            .mapToDouble(each -> each.ofSample(sample))
                            .average()
                            .orElseThrow();
        }
        double[] given = Arrays.stream(means).filter(mean -> !Double.isNaN(mean)).toArray();
        if (given.length < 2) {
            return null;
        }
        double centre = Samples.mean(given);
        double squares = Arrays.stream(given).map(mean -> (mean - centre) * (mean - centre)).sum();
        return Math.sqrt(squares / (given.length - 1) / given.length);
    }
}
