package dev.lathe.tokenizer.jinja;

import dev.lathe.DataException;

/** A template that cannot be read or rendered, or that refuses what it is given. */
public final class TemplateException extends DataException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates a failure.
     *
     * @param line line of the template, from 1
     * @param message what is wrong there
     */
    public TemplateException(int line, String message) {
        super("line " + line + ": " + message);
    }
}
