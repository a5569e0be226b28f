package dev.lathe.eval.task;

/** What an output comes to. A request that failed has no output and no verdict. */
public enum Verdict {
    /** The expected answer. */
    RIGHT,
    /** Another answer. */
    WRONG,
    /** No answer could be found; it counts as not right. */
    NO_ANSWER
}
