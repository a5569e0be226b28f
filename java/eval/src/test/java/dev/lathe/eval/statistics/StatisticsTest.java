package dev.lathe.eval.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Statistics against NumPy's of the same made evaluations, and at their edges. */
class StatisticsTest {
    /** Sums of at most 120 values in another order. */
    private static final double ROUNDING = 1e-13;

    static Stream<JsonNode> golden() throws IOException {
        try (InputStream in =
                StatisticsTest.class.getResourceAsStream("/golden/evaluation/evaluation.json")) {
            JsonNode cases = new ObjectMapper().readTree(in);
            return StreamSupport.stream(cases.spliterator(), false);
        }
    }

    @ParameterizedTest
    @MethodSource("golden")
    void estimatesAreNumPys(JsonNode golden) {
        Samples samples = samples(golden.get("model"));
        Estimate estimate = Estimate.of(samples);
        JsonNode expected = golden.get("estimate");
        assertEquals(expected.get("mean").asDouble(), estimate.mean(), ROUNDING);
        if (expected.get("standardError").isNull()) {
            assertNull(estimate.standardError());
        } else {
            assertEquals(
                    expected.get("standardError").asDouble(), estimate.standardError(), ROUNDING);
        }
        sameInterval(expected, estimate.low(), estimate.high(), step(samples));
    }

    @ParameterizedTest
    @MethodSource("golden")
    void differencesAreNumPys(JsonNode golden) {
        Samples model = samples(golden.get("model"));
        Difference difference = Difference.between(model, samples(golden.get("baseline")));
        JsonNode expected = golden.get("difference");
        assertEquals(expected.get("mean").asDouble(), difference.mean(), ROUNDING);
        assertEquals(expected.get("lost").asInt(), difference.lost());
        assertEquals(expected.get("gained").asInt(), difference.gained());
        assertEquals(golden.get("model").size(), difference.pairs());
        sameInterval(expected, difference.low(), difference.high(), step(model));
    }

    @ParameterizedTest
    @MethodSource("golden")
    void effectsOfLengthAreNumPys(JsonNode golden) {
        JsonNode expected = golden.path("lengthEffect");
        if (expected.isMissingNode()) {
            return;
        }
        LengthEffect effect =
                LengthEffect.of(
                        flat(golden.get("tokens")), right(golden), questions(golden.get("model")));
        assertEquals(expected.get("probability").asDouble(), effect.probability(), ROUNDING);
        sameInterval(expected, effect.low(), effect.high(), 0.01);
        LengthEffect.Finding finding =
                effect.low() > 0.5
                        ? LengthEffect.Finding.SHORTER_IS_RIGHT
                        : effect.high() < 0.5
                                ? LengthEffect.Finding.LONGER_IS_RIGHT
                                : LengthEffect.Finding.UNDECIDED;
        assertEquals(finding, effect.finding());
    }

    @ParameterizedTest
    @MethodSource("golden")
    void distributionsAreNumPys(JsonNode golden) {
        Distribution distribution = Distribution.of(flat(golden.get("tokens")));
        JsonNode expected = golden.get("distribution");
        // Means of up to 240 values of up to 1e5.
        assertEquals(expected.get("mean").asDouble(), distribution.mean(), 1e-8);
        assertEquals(expected.get("minimum").asDouble(), distribution.minimum());
        assertEquals(expected.get("lowerQuartile").asDouble(), distribution.lowerQuartile(), 1e-9);
        assertEquals(expected.get("median").asDouble(), distribution.median(), 1e-9);
        assertEquals(expected.get("upperQuartile").asDouble(), distribution.upperQuartile(), 1e-9);
        assertEquals(expected.get("maximum").asDouble(), distribution.maximum());
        int counted = 0;
        double end = distribution.buckets().get(0).from();
        for (Distribution.Bucket bucket : distribution.buckets()) {
            assertEquals(end, bucket.from(), "buckets follow each other");
            end = bucket.to();
            counted += bucket.count();
        }
        assertEquals(distribution.count(), counted);
        assertTrue(end > distribution.maximum());
    }

    /**
     * The end of a bootstrap interval at 2.5 % of B draws has a standard error of about √(0.025 ·
     * 0.975 / B) / φ(1.96) = 2.7 standard deviations per √B: 0.027 for 10,000 and 0.019 for 20,000,
     * together 0.033. Four of them are 0.13 standard deviations, or 0.034 of the interval's length;
     * to it comes the step between neighbouring values.
     */
    private static void sameInterval(JsonNode expected, double low, double high, double step) {
        double length = expected.get("high").asDouble() - expected.get("low").asDouble();
        double tolerance = 0.034 * length + step;
        assertEquals(expected.get("low").asDouble(), low, tolerance);
        assertEquals(expected.get("high").asDouble(), high, tolerance);
    }

    private static double step(Samples samples) {
        return 1.001 / samples.questions() / samples.samples();
    }

    @Test
    void intervalsHoldTheTruthAsOftenAsTheySay() {
        Random random = new Random(7);
        int held = 0;
        int runs = 400;
        for (int run = 0; run < runs; run++) {
            double[][] values = new double[80][1];
            for (double[] row : values) {
                row[0] = random.nextDouble() < 0.6 ? 1 : 0;
            }
            Estimate estimate = Estimate.of(new Samples(values));
            held += estimate.low() <= 0.6 && 0.6 <= estimate.high() ? 1 : 0;
        }
        // Binomial with 0.95: standard deviation 0.011 over 400 runs; four of them.
        assertEquals(0.95, (double) held / runs, 0.045);
    }

    @Test
    void equalAnswersLeaveRoomForTheQuestionsThatWereNotAsked() {
        double[][] right = new double[20][1];
        Arrays.stream(right).forEach(row -> row[0] = 1);
        Estimate estimate = Estimate.of(new Samples(right));
        assertEquals(1, estimate.mean());
        assertEquals(1, estimate.high());
        // Clopper and Pearson's interval for 20 of 20: 0.025^(1/20).
        assertEquals(0.8316, estimate.low(), 1e-4);
        Difference none = Difference.between(new Samples(right), new Samples(right));
        assertEquals(0, none.mean());
        assertEquals(-0.1684, none.low(), 1e-4);
        assertEquals(0.1684, none.high(), 1e-4);
    }

    @Test
    void whatIsMissingIsInNoMean() {
        double none = Double.NaN;
        Samples some = new Samples(new double[][] {{1, none}, {none, none}, {0, 1}, {}});
        Estimate estimate = Estimate.of(some);
        assertEquals((1 + 0.5) / 2, estimate.mean());
        // First samples: mean of 1 and 0; second: 1.
        assertEquals(0.25, estimate.standardError(), ROUNDING);
        assertNull(Estimate.of(new Samples(new double[][] {{none}, {}})));
        assertNull(
                Difference.between(
                        new Samples(new double[][] {{1}}), new Samples(new double[][] {{none}})));
        Samples other = new Samples(new double[][] {{1, 1}, {1, 1}, {1, 0}, {1}});
        Difference difference = Difference.between(some, other);
        assertEquals(2, difference.pairs());
        assertEquals(1, difference.lost());
        assertEquals(1, difference.gained());
    }

    @Test
    void strataCountTheSameWhateverTheirSize() {
        double[][] large = new double[200][1];
        Samples zeros = new Samples(large);
        Samples one = new Samples(new double[][] {{1}, {1}});
        assertEquals(0.5, Estimate.ofStrata(List.of(zeros, one)).mean());
    }

    @Test
    void perfectSeparationOfFewAnswersProvesNothing() {
        LengthEffect few =
                LengthEffect.of(
                        new int[] {1, 2, 8, 9},
                        new boolean[] {true, true, false, false},
                        new int[] {0, 1, 2, 3});
        assertEquals(1, few.probability());
        assertEquals(LengthEffect.Finding.UNDECIDED, few.finding());
        assertNull(LengthEffect.of(new int[] {1}, new boolean[] {true}, new int[] {0}));
        LengthEffect ties =
                LengthEffect.of(
                        new int[] {5, 5, 5},
                        new boolean[] {true, false, true},
                        new int[] {0, 1, 2});
        assertEquals(0.5, ties.probability());
    }

    private static Samples samples(JsonNode rows) {
        double[][] values = new double[rows.size()][];
        for (int i = 0; i < values.length; i++) {
            values[i] = new double[rows.get(i).size()];
            for (int j = 0; j < values[i].length; j++) {
                values[i][j] = rows.get(i).get(j).asDouble(Double.NaN);
            }
        }
        return new Samples(values);
    }

    private static int[] flat(JsonNode rows) {
        return StreamSupport.stream(rows.spliterator(), false)
                .flatMap(row -> StreamSupport.stream(row.spliterator(), false))
                .mapToInt(JsonNode::asInt)
                .toArray();
    }

    private static boolean[] right(JsonNode golden) {
        Samples samples = samples(golden.get("model"));
        double[] all = Arrays.stream(samples.values()).flatMapToDouble(Arrays::stream).toArray();
        boolean[] right = new boolean[all.length];
        for (int i = 0; i < all.length; i++) {
            right[i] = all[i] == 1;
        }
        return right;
    }

    private static int[] questions(JsonNode rows) {
        int samples = rows.get(0).size();
        int[] questions = new int[rows.size() * samples];
        for (int i = 0; i < questions.length; i++) {
            questions[i] = i / samples;
        }
        return questions;
    }
}
