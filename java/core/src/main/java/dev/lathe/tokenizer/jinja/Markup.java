package dev.lathe.tokenizer.jinja;

/**
 * Text that needs no escaping: what the filters {@code safe} and {@code escape} make. Joined to
 * other text, it escapes that text, in templates that have nothing to do with HTML too.
 *
 * @param text the text
 */
record Markup(String text) {
    /** The text of a value that is markup, and any other value as it is. */
    static Object plain(Object value) {
        return value instanceof Markup markup ? markup.text : value;
    }

    /** Escapes text that is no markup yet. */
    static Markup escaped(Session session, Object value) {
        if (value instanceof Markup markup) {
            return markup;
        }
        String text = session.text(value);
        StringBuilder escaped = new StringBuilder(session.made(text).length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '\'' -> escaped.append("&#39;");
                case '"' -> escaped.append("&#34;");
                default -> escaped.append(c);
            }
        }
        return new Markup(session.made(escaped.toString()));
    }
}
