package dev.lathe;

/**
 * A failure whose message is written for the person who runs Lathe: one line, complete in itself.
 */
public class LatheException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates a failure.
     *
     * @param message one line that says what failed, where, what was expected and what was found
     */
    public LatheException(String message) {
        super(message);
    }

    /**
     * Creates a failure with its cause.
     *
     * @param message one line that says what failed, where, what was expected and what was found
     * @param cause the exception that led to it
     */
    public LatheException(String message, Throwable cause) {
        super(message, cause);
    }
}
