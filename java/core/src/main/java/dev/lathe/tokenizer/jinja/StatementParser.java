package dev.lathe.tokenizer.jinja;

import dev.lathe.tokenizer.jinja.Statement.Branch;
import dev.lathe.tokenizer.jinja.Statement.CallBlock;
import dev.lathe.tokenizer.jinja.Statement.FilterBlock;
import dev.lathe.tokenizer.jinja.Statement.For;
import dev.lathe.tokenizer.jinja.Statement.Group;
import dev.lathe.tokenizer.jinja.Statement.If;
import dev.lathe.tokenizer.jinja.Statement.Jump;
import dev.lathe.tokenizer.jinja.Statement.Macro;
import dev.lathe.tokenizer.jinja.Statement.MacroDefinition;
import dev.lathe.tokenizer.jinja.Statement.Output;
import dev.lathe.tokenizer.jinja.Statement.Set;
import dev.lathe.tokenizer.jinja.Statement.SetBlock;
import dev.lathe.tokenizer.jinja.Statement.Target;
import dev.lathe.tokenizer.jinja.Statement.Text;
import dev.lathe.tokenizer.jinja.Statement.With;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads statements. */
final class StatementParser {
    private final TokenReader tokens;
    private final ExpressionParser expressions;
    private int loops;

    private StatementParser(TokenReader tokens) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens);
    }

    /**
     * Reads a template.
     *
     * @param template the text
     * @return its statements
     * @throws TemplateException if it is not well formed or uses a statement that chat templates do
     *     not have
     */
    static List<Statement> parse(String template) {
        StatementParser parser = new StatementParser(new TokenReader(Lexer.tokens(template)));
        List<Statement> statements = parser.parseUntil();
        if (parser.tokens.current().kind() != Token.Kind.END) {
            throw parser.tokens.unexpected("a statement");
        }
        return statements;
    }

    /**
     * Reads statements up to a tag with one of the names, or the end of the template; leaves the
     * reader at the name.
     */
    private List<Statement> parseUntil(String... names) {
        tokens.enter();
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            switch (token.kind()) {
                case TEXT -> {
                    tokens.next();
                    statements.add(new Text(token.line(), token.text()));
                }
                case OUTPUT_BEGIN -> {
                    tokens.next();
                    statements.add(new Output(token.line(), expressions.parseTuple()));
                    tokens.expect(Token.Kind.OUTPUT_END, "the end of the print statement");
                }
                case BLOCK_BEGIN -> {
                    tokens.next();
                    if (List.of(names).contains(tokens.current().text())) {
                        tokens.leave();
                        return statements;
                    }
                    statements.add(parseStatement());
                }
                default -> {
                    if (names.length > 0) {
                        throw tokens.unexpected("'" + String.join("' or '", names) + "'");
                    }
                    tokens.leave();
                    return statements;
                }
            }
        }
    }

    /** Reads the body of a statement, and the tag that ends it. */
    private List<Statement> parseBody(String end) {
        endBlock();
        List<Statement> body = parseUntil(end);
        tokens.next();
        endBlock();
        return body;
    }

    private void endBlock() {
        tokens.expect(Token.Kind.BLOCK_END, "the end of the statement");
    }

    private Statement parseStatement() {
        Token name = tokens.expect(Token.Kind.NAME, "a statement");
        return switch (name.text()) {
            case "if" -> parseIf(name.line());
            case "for" -> parseFor(name.line());
            case "break", "continue" -> parseJump(name);
            case "set" -> parseSet(name.line());
            case "with" -> parseWith(name.line());
            case "macro" -> parseMacro(name.line());
            case "call" -> parseCallBlock(name.line());
            case "filter" ->
                    new FilterBlock(
                            name.line(), expressions.parseFilterChain(), parseBody("endfilter"));
            case "generation" -> new Group(name.line(), parseBody("endgeneration"));
            default ->
                    throw new TemplateException(
                            name.line(), "unknown or unsupported statement '" + name.text() + "'");
        };
    }

    private If parseIf(int line) {
        List<Branch> branches = new ArrayList<>();
        List<Statement> otherwise = List.of();
        do {
            Expression condition = expressions.parseUnconditionalTuple();
            endBlock();
            branches.add(new Branch(condition, parseUntil("elif", "else", "endif")));
        } while (tokens.skipName("elif"));
        if (tokens.skipName("else")) {
            endBlock();
            otherwise = parseUntil("endif");
        }
        tokens.expectName("endif");
        endBlock();
        return new If(line, branches, otherwise);
    }

    private For parseFor(int line) {
        Target target = parseTargets();
        tokens.expectName("in");
        Expression sequence = expressions.parseUnconditionalTuple();
        Optional<Expression> filter =
                tokens.skipName("if") ? Optional.of(expressions.parse()) : Optional.empty();
        boolean recursive = tokens.skipName("recursive");
        endBlock();
        loops++;
        List<Statement> body = parseUntil("endfor", "else");
        loops--;
        List<Statement> otherwise = List.of();
        if (tokens.skipName("else")) {
            endBlock();
            otherwise = parseUntil("endfor");
        }
        tokens.expectName("endfor");
        endBlock();
        return new For(line, target, sequence, filter, recursive, body, otherwise);
    }

    private Jump parseJump(Token name) {
        if (loops == 0) {
            throw new TemplateException(name.line(), "'" + name.text() + "' outside of a loop");
        }
        endBlock();
        return new Jump(name.line(), name.text().equals("break"));
    }

    private Statement parseSet(int line) {
        Target target = parseTargets();
        if (tokens.skipOperator("=")) {
            Expression value = expressions.parseTuple();
            endBlock();
            return new Set(line, target, value);
        }
        Optional<Expression.Filter> filter =
                tokens.current().isOperator("|")
                        ? Optional.of(expressions.parseFilters(Optional.empty()))
                        : Optional.empty();
        return new SetBlock(line, target, filter, parseScope("endset"));
    }

    /** Reads a body that is run as a function: a loop around it cannot be left from inside. */
    private List<Statement> parseScope(String end) {
        int outer = loops;
        loops = 0;
        List<Statement> body = parseBody(end);
        loops = outer;
        return body;
    }

    private Target parseTargets() {
        List<Target> targets = new ArrayList<>();
        boolean several = false;
        do {
            if (tokens.current().isName("in") || tokens.current().isOperator(")")) {
                break;
            }
            targets.add(parseTarget());
            several |= tokens.current().isOperator(",");
        } while (tokens.skipOperator(","));
        if (targets.isEmpty()) {
            throw tokens.unexpected("a variable");
        }
        return several ? new Target.Several(targets) : targets.get(0);
    }

    private Target parseTarget() {
        if (tokens.skipOperator("(")) {
            tokens.enter();
            Target inner = parseTargets();
            tokens.leave();
            tokens.expectOperator(")");
            return inner;
        }
        Token name = tokens.expect(Token.Kind.NAME, "a variable");
        if (java.util.Set.of("true", "false", "none", "True", "False", "None")
                .contains(name.text())) {
            throw new TemplateException(name.line(), "cannot assign to '" + name.text() + "'");
        }
        return tokens.skipOperator(".")
                ? new Target.NamespaceAttribute(
                        name.text(), tokens.expect(Token.Kind.NAME, "an attribute").text())
                : new Target.Variable(name.text());
    }

    private With parseWith(int line) {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (tokens.current().kind() != Token.Kind.BLOCK_END) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(parseTarget());
            tokens.expectOperator("=");
            values.add(expressions.parse());
        }
        return new With(line, targets, values, parseBody("endwith"));
    }

    private Macro parseMacro(int line) {
        String name = tokens.expect(Token.Kind.NAME, "the name of the macro").text();
        return new Macro(line, parseDefinition(name, "endmacro"));
    }

    private CallBlock parseCallBlock(int line) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        if (tokens.current().isOperator("(")) {
            parseSignature(parameters, defaults);
        }
        Expression call = expressions.parse();
        if (!(call instanceof Expression.Invocation invocation)) {
            throw new TemplateException(line, "expected a call");
        }
        List<Statement> body = parseScope("endcall");
        return new CallBlock(
                line, invocation, new MacroDefinition("caller", parameters, defaults, body));
    }

    private MacroDefinition parseDefinition(String name, String end) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        parseSignature(parameters, defaults);
        return new MacroDefinition(name, parameters, defaults, parseScope(end));
    }

    private void parseSignature(List<String> parameters, List<Expression> defaults) {
        tokens.expectOperator("(");
        while (!tokens.skipOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            parameters.add(tokens.expect(Token.Kind.NAME, "a parameter").text());
            if (tokens.skipOperator("=")) {
                defaults.add(expressions.parse());
            } else if (!defaults.isEmpty()) {
                throw tokens.unexpected("a default value");
            }
        }
    }
}
