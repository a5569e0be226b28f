package dev.lathe.tokenizer.jinja;

/**
 * The value of what is not there: prints as nothing, is false and empty; anything else fails.
 *
 * @param message why it is not there
 */
record Undefined(String message) {
    static Undefined variable(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    Failure failure() {
        return new Failure(message);
    }

    /** All of them are equal, as in Jinja2. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
        return 0;
    }
}
