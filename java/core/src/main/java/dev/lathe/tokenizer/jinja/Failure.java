package dev.lathe.tokenizer.jinja;

/** What is wrong, before the line is known. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
        super(message, null, false, false);
    }

    /** An operation that a value does not have. */
    static Failure unsupported(String operation, Object value) {
        return value instanceof Undefined undefined
                ? undefined.failure()
                : new Failure(operation + " is not possible with a " + Values.typeName(value));
    }
}
