package dev.lathe.eval.task;

import dev.lathe.eval.extract.Extraction;

/**
 * How good an answer is.
 *
 * @param verdict the outcome
 * @param f1 overlap of words with the expected answer, 0 to 1; null where the task has none
 */
public record Score(Verdict verdict, Double f1) {
    /**
     * The score of an answer that is right or wrong as a whole.
     *
     * @param extraction what was found
     * @param expected the right answer
     * @return right where both are equal
     */
    static Score exact(Extraction extraction, String expected) {
        if (!extraction.found()) {
            return new Score(Verdict.NO_ANSWER, null);
        }
        boolean right = extraction.answer().equals(expected);
        return new Score(right ? Verdict.RIGHT : Verdict.WRONG, null);
    }

    /**
     * Accuracy of this answer.
     *
     * @return 1 where it is right, otherwise 0
     */
    public double exact() {
        return verdict == Verdict.RIGHT ? 1 : 0;
    }
}
