package dev.lathe;

/**
 * An input file holds something that it must not hold: a truncated file, an offset past the end, a
 * NaN. The command line exits with status 3.
 */
public class DataException extends LatheException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates a failure.
     *
     * @param message one line that says what failed, where, what was expected and what was found
     */
    public DataException(String message) {
        super(message);
    }

    /**
     * Creates a failure with its cause.
     *
     * @param message one line that says what failed, where, what was expected and what was found
     * @param cause the exception that led to it
     */
    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
