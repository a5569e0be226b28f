package dev.lathe.tokenizer.jinja;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text its text: of strings without quotes and escapes, of all others as it stands
 * @param line line of the template, from 1
 */
record Token(Kind kind, String text, int line) {
    enum Kind {
        /** Text outside of tags. */
        TEXT,
        /** Opens a tag that prints a value. */
        OUTPUT_BEGIN,
        OUTPUT_END,
        /** Opens a statement. */
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        /** Stands after the last piece. */
        END
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    /** For messages. */
    String described() {
        return switch (kind) {
            case END -> "end of template";
            case OUTPUT_END -> "end of print statement";
            case BLOCK_END -> "end of statement block";
            case TEXT -> "template text";
            default -> "'" + text + "'";
        };
    }
}
