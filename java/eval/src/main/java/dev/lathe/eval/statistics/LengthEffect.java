package dev.lathe.eval.statistics;

/**
 * Whether shorter answers are more often right.
 *
 * @param probability that a right answer is shorter than one that is not right, ties counting half:
 *     0.5 is no effect
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
}
