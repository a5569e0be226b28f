package dev.lathe.eval.engine;

import dev.lathe.LatheException;
import java.time.Duration;
import java.util.Optional;

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

    /** What went wrong. */
    private final Kind kind;

    /** How long to wait before asking again; null where the engine does not say. */
    private final Duration retryAfter;

    /**
     * Creates a failure.
     *
     * @param kind what went wrong
     * @param message one line
     */
    public EngineException(Kind kind, String message) {
        super(message);
        this.kind = kind;
        this.retryAfter = null;
    }

    /**
     * Creates a failure with its cause.
     *
     * @param kind what went wrong
     * @param message one line
     * @param cause the exception that led to it
     */
    public EngineException(Kind kind, String message, Throwable cause) {
        this(kind, message, cause, null);
    }

    /**
     * Creates a failure of an engine that says when to ask again.
     *
     * @param kind what went wrong
     * @param message one line
     * @param cause the exception that led to it
     * @param retryAfter how long to wait, or null where it does not say
     */
    public EngineException(Kind kind, String message, Throwable cause, Duration retryAfter) {
        super(message, cause);
        this.kind = kind;
        this.retryAfter = retryAfter;
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
     * How long the engine asks to be left alone.
     *
     * @return the time, or empty where it does not say
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
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
