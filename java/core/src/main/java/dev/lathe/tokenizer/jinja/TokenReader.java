package dev.lathe.tokenizer.jinja;

import java.util.List;

/** Tokens in order, with a look at the next but one. */
final class TokenReader {
    /** Deeper templates do not exist; parsers and interpreters recurse. */
    private static final int MAXIMUM_DEPTH = 150;

    private final List<Token> tokens;
    private int position;
    private int depth;

    TokenReader(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(position);
    }

    Token following() {
        return tokens.get(Math.min(position + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = current();
        if (token.kind() != Token.Kind.END) {
            position++;
        }
        return token;
    }

    boolean skipOperator(String operator) {
        return skip(current().isOperator(operator));
    }

    boolean skipName(String name) {
        return skip(current().isName(name));
    }

    private boolean skip(boolean found) {
        if (found) {
            next();
        }
        return found;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    Token expect(Token.Kind kind, String what) {
        if (current().kind() != kind) {
            throw unexpected(what);
        }
        return next();
    }

    TemplateException unexpected(String expected) {
        return new TemplateException(
                current().line(), "expected " + expected + ", found " + current().described());
    }

    /** Marks the beginning of a construct that holds others. */
    void enter() {
        if (++depth > MAXIMUM_DEPTH) {
            throw new TemplateException(
                    current().line(), "nested more than " + MAXIMUM_DEPTH + " deep");
        }
    }

    /** Marks its end. */
    void leave() {
        depth--;
    }
}
