package dev.lathe.eval.engine;

import dev.lathe.LatheException;

/** An engine gave no usable answer. It says nothing about the model's ability. */
public final class EngineException extends LatheException {
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Kind {
        /** Nothing answers, or the connection or process ended. */
        UNREACHABLE,
        /** No progress within the time allowed. */
        STALLED,
        /** What came back cannot be understood, or is empty. */
        RUBBISH,
        /** The engine says that this request will never do: too long, unknown model, no right. */
        REFUSED
    }

    private final Kind kind;

    /**
     * Creates a failure.
     *
     * @param kind what went wrong
     * @param message one line
     */
    public EngineException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /**
     * Creates a failure with its cause.
     *
     * @param kind what went wrong
     * @param message one line
     * @param cause the exception that led to it
     */
    public EngineException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /**
     * What went wrong.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Whether asking again may help.
     *
     * @return false where the engine refused
     */
    public boolean retryable() {
        return kind != Kind.REFUSED;
    }
}
