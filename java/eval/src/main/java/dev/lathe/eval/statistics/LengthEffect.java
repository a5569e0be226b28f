package dev.lathe.eval.statistics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Whether shorter answers are more often right.
 *
 * @param probability that a right answer is shorter than one that is not right, ties counting half
 *     (the common-language effect size of Mann and Whitney's test): 0.5 is no effect
 * @param low lower end of its 95 % bootstrap interval over questions
 * @param high its upper end
 * @param right number of right answers
 * @param notRight number of the others
 * @param finding what the interval says
 */
public record LengthEffect(
        double probability, double low, double high, int right, int notRight, Finding finding) {
    /** What the interval says. */
    public enum Finding {
        /** Right answers are shorter: the interval lies above 0.5. */
        SHORTER_IS_RIGHT,
        /** Right answers are longer: the interval lies below 0.5. */
        LONGER_IS_RIGHT,
        /** The interval holds 0.5. */
        UNDECIDED
    }

    /**
     * Compares the lengths of right answers with those of the others.
     *
     * @param lengths an answer's tokens
     * @param right whether it is right
     * @param questions number of its question, from 0
     * @return the effect, or null where all answers are right or none is
     */
    public static LengthEffect of(int[] lengths, boolean[] right, int[] questions) {
        int[] order =
                IntStream.range(0, lengths.length)
                        .boxed()
                        .sorted(Comparator.comparingInt(i -> lengths[i]))
                        .mapToInt(Integer::intValue)
                        .toArray();
        int rights = (int) IntStream.range(0, right.length).filter(i -> right[i]).count();
        int others = right.length - rights;
        if (rights == 0 || others == 0) {
            return null;
        }
        int all = Arrays.stream(questions).max().orElse(-1) + 1;
        int[] once = new int[all];
        Arrays.fill(once, 1);
        double probability = shorter(order, lengths, right, questions, once);
        Bootstrap.Interval interval =
                Bootstrap.interval(
                                new int[] {all},
                                drawn -> shorter(order, lengths, right, questions, drawn))
                        .widened(Math.min(rights, others), 0, 1);
        Finding finding =
                interval.low() > 0.5
                        ? Finding.SHORTER_IS_RIGHT
                        : interval.high() < 0.5 ? Finding.LONGER_IS_RIGHT : Finding.UNDECIDED;
        return new LengthEffect(
                probability, interval.low(), interval.high(), rights, others, finding);
    }

    /** One pass over the answers by length; runs of equal lengths are compared as ties. */
    private static double shorter(
            int[] order, int[] lengths, boolean[] right, int[] questions, int[] drawn) {
        double rightBefore = 0;
        double others = 0;
        double wins = 0;
        int i = 0;
        while (i < order.length) {
            double tiedRight = 0;
            double tiedOthers = 0;
            int length = lengths[order[i]];
            for (; i < order.length && lengths[order[i]] == length; i++) {
                int weight = drawn[questions[order[i]]];
                tiedRight += right[order[i]] ? weight : 0;
                tiedOthers += right[order[i]] ? 0 : weight;
            }
            wins += tiedOthers * (rightBefore + tiedRight / 2);
            rightBefore += tiedRight;
            others += tiedOthers;
        }
        return rightBefore == 0 || others == 0 ? Double.NaN : wins / (rightBefore * others);
    }
}
