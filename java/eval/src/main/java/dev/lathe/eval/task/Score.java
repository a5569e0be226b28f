package dev.lathe.eval.task;

/**
 * How good an answer is.
 *
 * @param verdict the outcome
 * @param f1 overlap of words with the expected answer, 0 to 1; null where the task has none
 */
public record Score(Verdict verdict, Double f1) {
    /**
     * Accuracy of this answer.
     *
     * @return 1 where it is right, otherwise 0
     */
    public double exact() {
        return verdict == Verdict.RIGHT ? 1 : 0;
    }
}
