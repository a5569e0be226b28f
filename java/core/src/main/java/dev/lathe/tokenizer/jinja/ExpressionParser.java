package dev.lathe.tokenizer.jinja;

import dev.lathe.tokenizer.jinja.Expression.Attribute;
import dev.lathe.tokenizer.jinja.Expression.Binary;
import dev.lathe.tokenizer.jinja.Expression.Call;
import dev.lathe.tokenizer.jinja.Expression.Comparison;
import dev.lathe.tokenizer.jinja.Expression.Concatenation;
import dev.lathe.tokenizer.jinja.Expression.Conditional;
import dev.lathe.tokenizer.jinja.Expression.Constant;
import dev.lathe.tokenizer.jinja.Expression.Filter;
import dev.lathe.tokenizer.jinja.Expression.Invocation;
import dev.lathe.tokenizer.jinja.Expression.Item;
import dev.lathe.tokenizer.jinja.Expression.Items;
import dev.lathe.tokenizer.jinja.Expression.Junction;
import dev.lathe.tokenizer.jinja.Expression.Mapping;
import dev.lathe.tokenizer.jinja.Expression.Name;
import dev.lathe.tokenizer.jinja.Expression.Slice;
import dev.lathe.tokenizer.jinja.Expression.Test;
import dev.lathe.tokenizer.jinja.Expression.Unary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reads expressions. From loose to tight: {@code if else}, {@code or}, {@code and}, {@code not},
 * comparisons, {@code + -}, {@code ~}, {@code * / // %}, {@code **}, signs, then filters, tests,
 * calls, subscripts.
 */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final TokenReader tokens;

    ExpressionParser(TokenReader tokens) {
        this.tokens = tokens;
    }

    Expression parse() {
        tokens.enter();
        Expression expression = parseOr();
        while (tokens.skipName("if")) {
            Expression condition = parseOr();
            Optional<Expression> otherwise =
                    tokens.skipName("else") ? Optional.of(parse()) : Optional.empty();
            expression = new Conditional(condition, expression, otherwise);
        }
        tokens.leave();
        return expression;
    }

    /** An expression that ends before {@code if}, as that of a loop does. */
    Expression parseUnconditionalTuple() {
        return parseTuple(this::parseOr, false);
    }

    /** An expression, or a tuple without parentheses. */
    Expression parseTuple() {
        return parseTuple(this::parse, false);
    }

    private Expression parseTuple(Supplier<Expression> element, boolean mayBeEmpty) {
        List<Expression> elements = new ArrayList<>();
        boolean tuple = false;
        while (!endsTuple()) {
            elements.add(element.get());
            if (!tokens.skipOperator(",")) {
                break;
            }
            tuple = true;
        }
        if (!tuple && elements.size() == 1) {
            return elements.get(0);
        }
        if (elements.isEmpty() && !mayBeEmpty) {
            throw tokens.unexpected("an expression");
        }
        return new Items(elements, true);
    }

    private boolean endsTuple() {
        return switch (tokens.current().kind()) {
            case OUTPUT_END, BLOCK_END, END -> true;
            default -> tokens.current().isOperator(")");
        };
    }

    private Expression parseOr() {
        Expression left = parseAnd();
        while (tokens.skipName("or")) {
            left = new Junction(true, left, parseAnd());
        }
        return left;
    }

    private Expression parseAnd() {
        Expression left = parseNot();
        while (tokens.skipName("and")) {
            left = new Junction(false, left, parseNot());
        }
        return left;
    }

    private Expression parseNot() {
        if (!tokens.skipName("not")) {
            return parseComparison();
        }
        tokens.enter();
        Expression negated = new Unary("not", parseNot());
        tokens.leave();
        return negated;
    }

    private Expression parseComparison() {
        Expression first = parseSum();
        List<String> operators = new ArrayList<>();
        List<Expression> operands = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            if (token.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                operators.add(tokens.next().text());
            } else if (tokens.skipName("in")) {
                operators.add("in");
            } else if (token.isName("not") && tokens.following().isName("in")) {
                tokens.next();
                tokens.next();
                operators.add("not in");
            } else {
                break;
            }
            operands.add(parseSum());
        }
        return operators.isEmpty() ? first : new Comparison(first, operators, operands);
    }

    private Expression parseSum() {
        return parseBinary(this::parseConcatenation, "+", "-");
    }

    private Expression parseConcatenation() {
        List<Expression> parts = new ArrayList<>(List.of(parseProduct()));
        while (tokens.skipOperator("~")) {
            parts.add(parseProduct());
        }
        return parts.size() == 1 ? parts.get(0) : new Concatenation(parts);
    }

    private Expression parseProduct() {
        return parseBinary(this::parsePower, "*", "/", "//", "%");
    }

    private Expression parsePower() {
        return parseBinary(() -> parseUnary(true), "**");
    }

    private Expression parseBinary(Supplier<Expression> operand, String... operators) {
        Expression left = operand.get();
        while (true) {
            Token token = tokens.current();
            if (token.kind() != Token.Kind.OPERATOR || !List.of(operators).contains(token.text())) {
                return left;
            }
            left = new Binary(tokens.next().text(), left, operand.get());
        }
    }

    private Expression parseUnary(boolean withFilters) {
        tokens.enter();
        Expression expression;
        if (tokens.skipOperator("-")) {
            expression = new Unary("-", parseUnary(false));
        } else if (tokens.skipOperator("+")) {
            expression = new Unary("+", parseUnary(false));
        } else {
            expression = parsePrimary();
        }
        expression = parsePostfix(expression);
        expression = withFilters ? parseFiltersAndTests(expression) : expression;
        tokens.leave();
        return expression;
    }

    private Expression parsePrimary() {
        Token token = tokens.current();
        return switch (token.kind()) {
            case NAME -> {
                tokens.next();
                yield switch (token.text()) {
                    case "true", "True" -> new Constant(true);
                    case "false", "False" -> new Constant(false);
                    case "none", "None" -> new Constant(null);
                    default -> new Name(token.text());
                };
            }
            case STRING -> {
                StringBuilder text = new StringBuilder();
                while (tokens.current().kind() == Token.Kind.STRING) {
                    text.append(tokens.next().text());
                }
                yield new Constant(text.toString());
            }
            case INTEGER, FLOAT -> number(tokens.next());
            default -> parseBrackets();
        };
    }

    private static Constant number(Token token) {
        try {
            return token.kind() == Token.Kind.FLOAT
                    ? new Constant(Double.valueOf(token.text()))
                    : new Constant(Long.valueOf(token.text()));
        } catch (NumberFormatException e) {
            throw new TemplateException(token.line(), "number " + token.text() + " is too large");
        }
    }

    private Expression parseBrackets() {
        if (tokens.skipOperator("(")) {
            Expression inner = parseTuple(this::parse, true);
            tokens.expectOperator(")");
            return inner;
        }
        if (tokens.skipOperator("[")) {
            return new Items(parseElements("]", this::parse), false);
        }
        if (!tokens.skipOperator("{")) {
            throw tokens.unexpected("an expression");
        }
        List<Expression> keys = new ArrayList<>();
        List<Expression> values =
                parseElements(
                        "}",
                        () -> {
                            keys.add(parse());
                            tokens.expectOperator(":");
                            return parse();
                        });
        return new Mapping(keys, values);
    }

    /** Reads elements between commas, and the closing bracket; a comma may stand before it. */
    private List<Expression> parseElements(String end, Supplier<Expression> element) {
        List<Expression> elements = new ArrayList<>();
        while (!tokens.skipOperator(end)) {
            if (!elements.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(end)) {
                    break;
                }
            }
            elements.add(element.get());
        }
        return elements;
    }

    private Expression parsePostfix(Expression start) {
        Expression expression = start;
        while (true) {
            if (tokens.skipOperator(".")) {
                expression = parseAttribute(expression);
            } else if (tokens.skipOperator("[")) {
                List<Expression> keys = parseElements("]", this::parseSubscript);
                expression =
                        new Item(
                                expression, keys.size() == 1 ? keys.get(0) : new Items(keys, true));
            } else if (tokens.current().isOperator("(")) {
                expression = new Invocation(expression, parseCall());
            } else {
                return expression;
            }
        }
    }

    private Expression parseAttribute(Expression object) {
        if (tokens.current().kind() == Token.Kind.INTEGER) {
            return new Item(object, number(tokens.next()));
        }
        return new Attribute(object, tokens.expect(Token.Kind.NAME, "a name or number").text());
    }

    private Expression parseSubscript() {
        Optional<Expression> start = Optional.empty();
        if (!tokens.current().isOperator(":")) {
            start = Optional.of(parse());
            if (!tokens.current().isOperator(":")) {
                return start.get();
            }
        }
        tokens.expectOperator(":");
        Optional<Expression> stop = parseSliceEnd();
        Optional<Expression> step = tokens.skipOperator(":") ? parseSliceEnd() : Optional.empty();
        return new Slice(start, stop, step);
    }

    private Optional<Expression> parseSliceEnd() {
        Token token = tokens.current();
        boolean ends = token.isOperator(":") || token.isOperator("]") || token.isOperator(",");
        return ends ? Optional.empty() : Optional.of(parse());
    }

    private Expression parseFiltersAndTests(Expression start) {
        Expression expression = start;
        while (true) {
            if (tokens.current().isOperator("|")) {
                expression = parseFilters(Optional.of(expression));
            } else if (tokens.skipName("is")) {
                expression = parseTest(expression);
            } else if (tokens.current().isOperator("(")) {
                expression = new Invocation(expression, parseCall());
            } else {
                return expression;
            }
        }
    }

    /** Reads {@code | a | b(…)}. */
    Filter parseFilters(Optional<Expression> value) {
        tokens.expectOperator("|");
        Filter filter = parseFilter(value);
        while (tokens.skipOperator("|")) {
            filter = parseFilter(Optional.of(filter));
        }
        return filter;
    }

    /** Reads {@code a | b(…)} after the tag of a filter block. */
    Filter parseFilterChain() {
        Filter filter = parseFilter(Optional.empty());
        while (tokens.skipOperator("|")) {
            filter = parseFilter(Optional.of(filter));
        }
        return filter;
    }

    private Filter parseFilter(Optional<Expression> value) {
        String name = tokens.expect(Token.Kind.NAME, "the name of a filter").text();
        return new Filter(value, name, tokens.current().isOperator("(") ? parseCall() : Call.EMPTY);
    }

    private Expression parseTest(Expression value) {
        boolean negated = tokens.skipName("not");
        String name = tokens.expect(Token.Kind.NAME, "the name of a test").text();
        Call call = Call.EMPTY;
        if (tokens.current().isOperator("(")) {
            call = parseCall();
        } else if (startsTestArgument()) {
            Expression argument = parsePostfix(parsePrimary());
            call =
                    new Call(
                            List.of(argument),
                            List.of(),
                            List.of(),
                            Optional.empty(),
                            Optional.empty());
        }
        Expression test = new Test(value, name, call);
        return negated ? new Unary("not", test) : test;
    }

    private boolean startsTestArgument() {
        Token token = tokens.current();
        return switch (token.kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> {
                if (token.isName("is")) {
                    throw tokens.unexpected("no second test");
                }
                yield !Set.of("else", "or", "and", "if", "in", "not").contains(token.text());
            }
            default -> token.isOperator("[") || token.isOperator("{");
        };
    }

    /** Reads the parentheses after a function. */
    Call parseCall() {
        tokens.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<Expression> named = new ArrayList<>();
        Optional<Expression> spread = Optional.empty();
        Optional<Expression> spreadNamed = Optional.empty();
        boolean first = true;
        while (!tokens.skipOperator(")")) {
            if (!first) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(")")) {
                    break;
                }
            }
            first = false;
            if (tokens.skipOperator("*")) {
                spread = Optional.of(parse());
            } else if (tokens.skipOperator("**")) {
                spreadNamed = Optional.of(parse());
            } else if (tokens.current().kind() == Token.Kind.NAME
                    && tokens.following().isOperator("=")) {
                names.add(tokens.next().text());
                tokens.next();
                named.add(parse());
            } else if (names.isEmpty() && spread.isEmpty() && spreadNamed.isEmpty()) {
                positional.add(parse());
            } else {
                throw tokens.unexpected("a value with a name");
            }
        }
        return new Call(positional, names, named, spread, spreadNamed);
    }
}
