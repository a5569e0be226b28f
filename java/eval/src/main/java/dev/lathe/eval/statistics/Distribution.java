package dev.lathe.eval.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How numbers lie.
 *
 * @param count how many
 * @param mean their mean; 0 where there are none, as all that follows
 * @param minimum the smallest
 * @param lowerQuartile a quarter lies below
 * @param median half lies below
 * @param upperQuartile three quarters lie below
 * @param maximum the largest
 * @param buckets counts between bounds that grow by √2, the same for all distributions
 */
public record Distribution(
        int count,
        double mean,
        double minimum,
        double lowerQuartile,
        double median,
        double upperQuartile,
        double maximum,
        List<Bucket> buckets) {
    /**
     * One bar of a histogram.
     *
     * @param from lower bound, inclusive
     * @param to upper bound, exclusive
     * @param count numbers between
     */
    public record Bucket(double from, double to, int count) {}

    /**
     * Copies the list.
     *
     * @param count the component
     * @param mean the component
     * @param minimum the component
     * @param lowerQuartile the component
     * @param median the component
     * @param upperQuartile the component
     * @param maximum the component
     * @param buckets the component
     */
    public Distribution {
        buckets = List.copyOf(buckets);
    }

    /**
     * Describes numbers.
     *
     * @param values none below 0
     * @return their distribution
     */
    public static Distribution of(int[] values) {
        if (values.length == 0) {
            return new Distribution(0, 0, 0, 0, 0, 0, 0, List.of());
        }
        double[] sorted = Arrays.stream(values).asDoubleStream().sorted().toArray();
        return new Distribution(
                sorted.length,
                Samples.mean(sorted),
                sorted[0],
                Quantiles.of(sorted, 0.25),
                Quantiles.of(sorted, 0.5),
                Quantiles.of(sorted, 0.75),
                sorted[sorted.length - 1],
                buckets(sorted));
    }

    private static List<Bucket> buckets(double[] sorted) {
        List<Bucket> buckets = new ArrayList<>();
        int next = 0;
        for (int step = -1; next < sorted.length; step++) {
            double to = bound(step + 1);
            int from = next;
            while (next < sorted.length && sorted[next] < to) {
                next++;
            }
            if (next > from || !buckets.isEmpty()) {
                buckets.add(new Bucket(bound(step), to, next - from));
            }
        }
        return buckets;
    }

    /** 0, 1, 1.41, 2, 2.83, 4… */
    private static double bound(int step) {
        return step < 0 ? 0 : Math.pow(2, step / 2.0);
    }
}
