package dev.lathe;

/**
 * The user asked for something that cannot be done: an option out of range, a folder that cannot be
 * written. The command line exits with status 2.
 */
public class UsageException extends LatheException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates a failure.
     *
     * @param message one line that says what failed, where, what was expected and what was found
     */
    public UsageException(String message) {
        super(message);
    }

    /**
     * Creates a failure with its cause.
     *
     * @param message one line that says what failed, where, what was expected and what was found
     * @param cause the exception that led to it
     */
    public UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
