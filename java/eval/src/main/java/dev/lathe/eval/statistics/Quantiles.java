package dev.lathe.eval.statistics;

/** Quantiles, interpolated linearly between the two neighbours. */
final class Quantiles {
    private Quantiles() {}

    /**
     * A quantile.
     *
     * @param sorted values in ascending order, at least one
     * @param share the share that lies below, 0 to 1
     */
    static double of(double[] sorted, double share) {
        double position = share * (sorted.length - 1);
        int below = (int) Math.floor(position);
        int above = Math.min(below + 1, sorted.length - 1);
        double weight = position - below;
        return weight == 0 ? sorted[below] : sorted[below] * (1 - weight) + sorted[above] * weight;
    }
}
