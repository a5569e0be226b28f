package dev.lathe.tokenizer.jinja;

import java.time.Clock;
import java.util.List;
import java.util.Map;

/** A Jinja template. Immutable and thread-safe. */
public final class Template {
    /** The longest published chat templates have some 20,000 characters. */
    private static final int MAXIMUM_LENGTH = 1 << 20;

    private final List<Statement> statements;
    private final int length;

    private Template(List<Statement> statements, int length) {
        this.statements = statements;
        this.length = length;
    }

    /**
     * Reads a template.
     *
     * @param source its text
     * @return the template
     * @throws TemplateException if it is not well formed, uses a statement that chat templates do
     *     not have, or is longer than a million characters
     */
    public static Template parse(String source) {
        if (source.length() > MAXIMUM_LENGTH) {
            throw new TemplateException(
                    1,
                    String.format(
                            "%d characters, expected at most %d", source.length(), MAXIMUM_LENGTH));
        }
        return new Template(StatementParser.parse(source), source.length());
    }

    /**
     * Renders the template.
     *
     * @param variables values by name: null, {@link Boolean}, {@link Integer}, {@link Long}, {@link
     *     Double}, {@link String}, {@link List} and {@link Map} of these
     * @param clock gives {@code strftime_now} its time
     * @return the text
     * @throws TemplateException if the template fails, calls {@code raise_exception}, or costs more
     *     steps, text or depth than any chat template needs
     * @throws IllegalArgumentException if a variable is of another type
     */
    public String render(Map<String, ?> variables, Clock clock) {
        Object values = Values.of(variables);
        Session session = new Session(new Budget(length + Values.characters(values)), clock);
        Renderer renderer = new Renderer(session);
        Scope scope = new Scope(Globals.scope(session));
        ((Map<?, ?>) values).forEach((name, value) -> scope.set((String) name, value));
        try {
            return renderer.render(statements, scope);
        } catch (Failure e) {
            throw new TemplateException(renderer.line(), e.getMessage());
        } catch (StackOverflowError e) {
            // The depth is bounded, but how much stack is left depends on the caller.
            throw new TemplateException(renderer.line(), "the template nests too deep");
        }
    }
}
