package dev.lathe.eval.traces;

/** Hears how traces get on, from the threads that ask. */
public interface TraceListener {
    /** Hears nothing. */
    TraceListener NONE = (done, total) -> {};

    /**
     * A trace is in the file, or a prompt has failed after the last attempt.
     *
     * @param done traces and failures so far, those of earlier runs included
     * @param total traces asked for
     */
    void advanced(int done, int total);

    /**
     * An attempt failed.
     *
     * @param prompt which prompt, from 0
     * @param attempt which attempt, from 1
     * @param last whether it was the last one
     * @param reason why it failed
     */
    default void failed(int prompt, int attempt, boolean last, String reason) {}
}
