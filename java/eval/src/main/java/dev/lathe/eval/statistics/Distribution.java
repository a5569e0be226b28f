package dev.lathe.eval.statistics;

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
 * @param buckets counts between bounds that grow geometrically
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

    /** Copies the list. */
    public Distribution {
        buckets = List.copyOf(buckets);
    }
}
