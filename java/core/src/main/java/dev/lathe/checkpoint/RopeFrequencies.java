package dev.lathe.checkpoint;

import dev.lathe.DataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The rotary frequencies of a model, and the tensor {@code rope_freqs.weight} that carries Llama
 * 3's scaling in GGUF.
 *
 * <p>Pair i of n = rotarySize / 2 turns by position * f_i, f_i = theta^(-2i / rotarySize). A
 * scaling divides f_i by a factor c_i >= 1. For Llama 3, with the wavelength w_i = 2 pi / f_i and
 * s_i = (original / w_i - low) / (high - low):
 *
 * <pre>
 *   w_i &lt; original / high:  c_i = 1
 *   w_i > original / low:   c_i = factor
 *   else                    1 / c_i = (1 - s_i) / factor + s_i
 * </pre>
 *
 * <p>GGUF's tensor holds the c_i. Source: transformers, modeling_rope_utils; llama.cpp, conversion
 * of Llama.
 */
public final class RopeFrequencies {
    /** Pairs {low, high} to try before fitting; every published model uses the first. */
    private static final double[][] USUAL_BANDS = {{1, 4}, {1, 32}, {1, 8}, {1, 2}};

    /** The original context of Llama 3. */
    private static final int USUAL_LENGTH = 8192;

    private static final int LARGEST_LENGTH_BITS = 24;

    /**
     * How far 1 / c_i may lie from the rule's value. The tensor's writer computes f_i in F32: the
     * rounded exponent times ln(theta) &lt; 17 gives f_i a relative error of 17 * 2^-24, the power
     * and the division 3 * 2^-24 more. s_i takes on that error times original / (w_i (high - low))
     * &lt;= high / (high - low) &lt;= 2, and 1 / c_i no more than s_i. The result is rounded to
     * F32. In all 41 * 2^-24 = 2.5e-6.
     */
    private static final double TOLERANCE = 41 * 0x1p-24;

    private RopeFrequencies() {}

    /**
     * Computes the frequencies that a forward pass uses.
     *
     * @param config the model
     * @return f_i / c_i, [rotarySize / 2], in radians per position
     */
    public static float[] inverse(ModelConfig config) {
        double[] frequencies = unscaled(config.ropeTheta(), config.rotarySize());
        float[] inverse = new float[frequencies.length];
        for (int i = 0; i < inverse.length; i++) {
            inverse[i] = (float) (frequencies[i] / factor(config.ropeScaling(), frequencies[i]));
        }
        return inverse;
    }

    /**
     * Computes the tensor {@code rope_freqs.weight}.
     *
     * @param config the model
     * @return c_i, [rotarySize / 2]; empty where the scaling is not Llama 3's, because GGUF then
     *     needs no tensor
     */
    public static Optional<float[]> factors(ModelConfig config) {
        if (config.ropeScaling().filter(rule -> rule instanceof RopeScaling.Llama3).isEmpty()) {
            return Optional.empty();
        }
        double[] frequencies = unscaled(config.ropeTheta(), config.rotarySize());
        float[] factors = new float[frequencies.length];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = (float) factor(config.ropeScaling(), frequencies[i]);
        }
        return Optional.of(factors);
    }

    private static double[] unscaled(double theta, int rotarySize) {
        double[] frequencies = new double[rotarySize / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = Math.pow(theta, -2.0 * i / rotarySize);
        }
        return frequencies;
    }

    private static double factor(Optional<RopeScaling> scaling, double frequency) {
        if (scaling.isEmpty()) {
            return 1;
        }
        if (scaling.get() instanceof RopeScaling.Linear linear) {
            return linear.factor();
        }
        RopeScaling.Llama3 rule = (RopeScaling.Llama3) scaling.get();
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < rule.originalContextLength() / rule.highFrequencyFactor()) {
            return 1;
        }
        if (wavelength > rule.originalContextLength() / rule.lowFrequencyFactor()) {
            return rule.factor();
        }
        double smooth =
                (rule.originalContextLength() / wavelength - rule.lowFrequencyFactor())
                        / (rule.highFrequencyFactor() - rule.lowFrequencyFactor());
        return 1 / ((1 - smooth) / rule.factor() + smooth);
    }

    /**
     * Finds the rule behind a {@code rope_freqs.weight} tensor.
     *
     * @param factors c_i, [rotarySize / 2]
     * @param theta base of the wavelengths
     * @param source what errors call the tensor: file and name
     * @return the scaling; empty where all factors are 1
     * @throws DataException if no rule reproduces the factors
     */
    public static Optional<RopeScaling> scalingOf(float[] factors, double theta, String source) {
        float largest = 1;
        for (int i = 0; i < factors.length; i++) {
            if (!(factors[i] >= 1 && factors[i] < Float.POSITIVE_INFINITY)) {
                throw new DataException(
                        String.format(
                                "%s: factor %d is %s, expected at least 1", source, i, factors[i]));
            }
            largest = Math.max(largest, factors[i]);
        }
        if (largest == 1) {
            return Optional.empty();
        }
        double[] frequencies = unscaled(theta, 2 * factors.length);
        // The shortest decimal that rounds to the float: 2.7, not 2.700000047683716.
        double factor = Double.parseDouble(Float.toString(largest));
        for (RopeScaling rule : candidates(factors, frequencies, factor)) {
            if (reproduces(rule, factors, frequencies)) {
                return Optional.of(rule);
            }
        }
        throw new DataException(
                source + ": the " + factors.length + " rotary factors follow no known rule");
    }

    /** Lists rules that may be behind the factors, the likely ones first. */
    private static List<RopeScaling> candidates(
            float[] factors, double[] frequencies, double factor) {
        List<RopeScaling> rules = new ArrayList<>();
        List<double[]> smooth = smoothPart(factors, frequencies, factor);
        for (double[] band : USUAL_BANDS) {
            addRule(rules, factor, band[0], band[1], USUAL_LENGTH);
        }
        for (double[] band : USUAL_BANDS) {
            // One point of the smooth part fixes the length: s = (original x - low) / (high - low).
            for (double[] point : smooth) {
                double original = (band[0] + point[1] * (band[1] - band[0])) / point[0];
                addRule(rules, factor, band[0], band[1], original);
            }
        }
        fit(rules, smooth, factor);
        for (int bits = 0; smooth.isEmpty() && bits <= LARGEST_LENGTH_BITS; bits++) {
            // No wave lies between the bounds: many lengths give the same factors.
            for (double[] band : USUAL_BANDS) {
                addRule(rules, factor, band[0], band[1], 1L << bits);
            }
        }
        return rules;
    }

    private static void addRule(
            List<RopeScaling> rules, double factor, double low, double high, double original) {
        boolean bounded = high > low && high < Double.POSITIVE_INFINITY;
        if (bounded && original >= 1 && original < Integer.MAX_VALUE) {
            rules.add(new RopeScaling.Llama3(factor, low, high, (int) Math.round(original)));
        }
    }

    /** Returns {x, s} with x = 1 / w of the factors that lie between 1 and the largest. */
    private static List<double[]> smoothPart(float[] factors, double[] frequencies, double factor) {
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < factors.length; i++) {
            double share = (1 / (double) factors[i] - 1 / factor) / (1 - 1 / factor);
            if (share > TOLERANCE && share < 1 - TOLERANCE) {
                points.add(new double[] {frequencies[i] / (2 * Math.PI), share});
            }
        }
        return points;
    }

    private static boolean reproduces(RopeScaling rule, float[] factors, double[] frequencies) {
        for (int i = 0; i < factors.length; i++) {
            double expected = 1 / factor(Optional.of(rule), frequencies[i]);
            if (Math.abs(1 / (double) factors[i] - expected) > TOLERANCE) {
                return false;
            }
        }
        return true;
    }

    /**
     * Fits low = 1, high and original to the smooth part. There s is linear in x: s = a x + b with
     * a = original / (high - low) and b = -low / (high - low). The rule does not change when low,
     * high and original are multiplied by one number, so low = 1 loses nothing.
     */
    private static void fit(List<RopeScaling> rules, List<double[]> points, double factor) {
        double sumX = 0;
        double sumS = 0;
        double sumXx = 0;
        double sumXs = 0;
        for (double[] point : points) {
            sumX += point[0];
            sumS += point[1];
            sumXx += point[0] * point[0];
            sumXs += point[0] * point[1];
        }
        double determinant = points.size() * sumXx - sumX * sumX;
        if (points.size() < 2 || !(determinant > 0)) {
            return;
        }
        double slope = (points.size() * sumXs - sumX * sumS) / determinant;
        double intercept = (sumS - slope * sumX) / points.size();
        double high = 1 - 1 / intercept;
        double original = slope * (high - 1);
        // People choose round numbers; a rounded rule counts only if it gives the same factors.
        addRule(rules, factor, 1, Math.round(high), original);
        addRule(rules, factor, 1, Math.round(high * 16) / 16.0, original);
        addRule(rules, factor, 1, high, original);
    }
}
