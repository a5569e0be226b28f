package dev.lathe.eval.run;

/** Hears of a run's progress, from the threads that ask. */
public interface RunListener {
    /** Hears nothing. */
    RunListener NONE = (answer, done, total) -> {};

    /**
     * An answer, or a failure after the last attempt, is in the log.
     *
     * @param answer its line
     * @param done answers and failures so far, those of earlier runs included
     * @param total answers asked for
     */
    void answered(AnswerRecord answer, int done, int total);

    /**
     * An attempt failed and will be made again.
     *
     * @param key which answer
     * @param attempt which attempt, from 1
     * @param reason why it failed
     */
    default void retrying(AnswerKey key, int attempt, String reason) {}
}
