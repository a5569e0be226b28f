package dev.lathe.tokenizer.jinja;

import java.util.List;
import java.util.Optional;

/** What stands in a tag and has a value. */
sealed interface Expression {

    /** A literal; null is Python's {@code None}. */
    record Constant(Object value) implements Expression {}

    /** A variable. */
    record Name(String name) implements Expression {}

    /** {@code [a, b]}, or {@code (a, b)} where {@code tuple} is set. */
    record Items(List<Expression> elements, boolean tuple) implements Expression {}

    /** {@code {a: b}}. */
    record Mapping(List<Expression> keys, List<Expression> values) implements Expression {}

    /** {@code a.name}. */
    record Attribute(Expression object, String name) implements Expression {}

    /** {@code a[b]}. */
    record Item(Expression object, Expression key) implements Expression {}

    /** {@code a:b:c} within brackets. */
    record Slice(Optional<Expression> start, Optional<Expression> stop, Optional<Expression> step)
            implements Expression {}

    /**
     * What stands in parentheses after a function.
     *
     * @param positional values by place
     * @param names names of the values that have one
     * @param named values by name
     * @param spread {@code *a}
     * @param spreadNamed {@code **a}
     */
    record Call(
            List<Expression> positional,
            List<String> names,
            List<Expression> named,
            Optional<Expression> spread,
            Optional<Expression> spreadNamed) {
        static final Call EMPTY =
                new Call(List.of(), List.of(), List.of(), Optional.empty(), Optional.empty());
    }

    /** {@code f(…)}. */
    record Invocation(Expression function, Call call) implements Expression {}

    /** {@code a | name(…)}; without a value in a filter block. */
    record Filter(Optional<Expression> value, String name, Call call) implements Expression {}

    /** {@code a is name(…)}. */
    record Test(Expression value, String name, Call call) implements Expression {}

    /** {@code not a}, {@code -a}, {@code +a}. */
    record Unary(String operator, Expression operand) implements Expression {}

    /** Arithmetic. */
    record Binary(String operator, Expression left, Expression right) implements Expression {}

    /** {@code a ~ b ~ c}. */
    record Concatenation(List<Expression> parts) implements Expression {}

    /** {@code a and b}, or {@code a or b} where {@code any} is set. */
    record Junction(boolean any, Expression left, Expression right) implements Expression {}

    /** {@code a < b <= c}. */
    record Comparison(Expression first, List<String> operators, List<Expression> operands)
            implements Expression {}

    /** {@code a if b else c}. */
    record Conditional(Expression condition, Expression then, Optional<Expression> otherwise)
            implements Expression {}
}
