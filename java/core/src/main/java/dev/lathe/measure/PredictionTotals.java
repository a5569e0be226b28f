package dev.lathe.measure;

/** Sums over predicted tokens. */
final class PredictionTotals {
    private long tokens;
    private double sum;
    private double squares;
    private long compared;
    private double otherSum;
    private double divergenceSum;
    private double divergenceSquares;
    private long same;

    void add(double[] logProbabilities) {
        for (double value : logProbabilities) {
            tokens++;
            sum -= value;
            squares += value * value;
        }
    }

    void add(double[] logProbabilities, double[] other, double[] divergence, byte[] sameTop) {
        add(logProbabilities);
        for (int i = 0; i < other.length; i++) {
            compared++;
            otherSum -= other[i];
            divergenceSum += divergence[i];
            divergenceSquares += divergence[i] * divergence[i];
            same += sameTop[i];
        }
    }

    MeasureReport report(int sequences, int length) {
        double mean = sum / tokens;
        MeasureReport.Comparison comparison = null;
        if (compared > 0) {
            double divergence = divergenceSum / compared;
            comparison =
                    new MeasureReport.Comparison(
                            Math.exp(otherSum / compared),
                            divergence,
                            standardError(divergenceSquares, divergence, compared),
                            (double) same / compared);
        }
        double perplexity = Math.exp(mean);
        return new MeasureReport(
                sequences,
                length,
                tokens,
                perplexity,
                perplexity * standardError(squares, mean, tokens),
                comparison);
    }

    /** Standard error of a mean, from the sum of squares. */
    private static double standardError(double squares, double mean, long count) {
        return count < 2 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean) / (count - 1));
    }
}
