package dev.lathe.eval.engine;

/** Why a generation ended. */
public enum StopReason {
    /** The model ended it. */
    END,
    /** The cap on tokens or the end of the context. */
    LENGTH
}
