package dev.lathe.interop;

/** Differences of saved log-probabilities from those of Lathe's logits, over many positions. */
final class LogitDifference {
    private double absolute;
    private double squares;
    private double variance;
    private double worst;
    private long count;
    private long rows;

    /**
     * Adds a position.
     *
     * @param logits Lathe's, [vocabulary]
     * @param saved natural logarithms of probabilities, [vocabulary], NaN where not known
     */
    void add(float[] logits, float[] saved) {
        double logSum = logSumOfExponentials(logits);
        for (int i = 0; i < logits.length; i++) {
            if (!Float.isNaN(saved[i])) {
                double difference = Math.abs(logits[i] - logSum - saved[i]);
                absolute += difference;
                squares += difference * difference;
                worst = Math.max(worst, difference);
                count++;
            }
        }
        double deviation = standardDeviation(logits);
        variance += deviation * deviation;
        rows++;
    }

    /** Values compared. */
    long count() {
        return count;
    }

    /** Root of the mean square. */
    double size() {
        return Math.sqrt(squares / count);
    }

    /** Standard deviation of a position's logits, root of its mean square. */
    double logitSize() {
        return Math.sqrt(variance / rows);
    }

    static double standardDeviation(float[] values) {
        double mean = 0;
        for (float value : values) {
            mean += value / (double) values.length;
        }
        double sum = 0;
        for (float value : values) {
            sum += (value - mean) * (value - mean);
        }
        return Math.sqrt(sum / values.length);
    }

    private static double logSumOfExponentials(float[] values) {
        double greatest = Double.NEGATIVE_INFINITY;
        for (float value : values) {
            greatest = Math.max(greatest, value);
        }
        double sum = 0;
        for (float value : values) {
            sum += Math.exp(value - greatest);
        }
        return greatest + Math.log(sum);
    }

    @Override
    public String toString() {
        return String.format(
                "|Δlogit| mean %.2g, greatest %.2g, root mean square %.2g of the logits' %.3g",
                absolute / count, worst, size() / logitSize(), logitSize());
    }
}
