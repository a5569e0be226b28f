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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gives expressions their values. */
final class Evaluator {
    private final Session session;

    Evaluator(Session session) {
        this.session = session;
    }

    Object evaluate(Expression expression, Scope scope) {
        session.budget().step();
        if (expression instanceof Constant constant) {
            return constant.value();
        }
        if (expression instanceof Name name) {
            return scope.get(name.name());
        }
        if (expression instanceof Attribute attribute) {
            return session.access()
                    .attribute(evaluate(attribute.object(), scope), attribute.name());
        }
        if (expression instanceof Item item) {
            return session.access()
                    .item(evaluate(item.object(), scope), evaluate(item.key(), scope));
        }
        if (expression instanceof Slice slice) {
            return new Access.Range(
                    evaluate(slice.start(), scope),
                    evaluate(slice.stop(), scope),
                    evaluate(slice.step(), scope));
        }
        if (expression instanceof Invocation invocation) {
            return invoke(invocation, scope, Map.of());
        }
        if (expression instanceof Items items) {
            List<Object> elements = evaluateAll(items.elements(), scope);
            return items.tuple() ? new Tuple(elements) : elements;
        }
        if (expression instanceof Mapping mapping) {
            return evaluateMapping(mapping, scope);
        }
        return evaluateOperation(expression, scope);
    }

    private Object evaluateOperation(Expression expression, Scope scope) {
        if (expression instanceof Filter filter) {
            return filter(filter, evaluate(filter.value().orElseThrow(), scope), scope);
        }
        if (expression instanceof Test test) {
            return Tests.apply(
                    session,
                    test.name(),
                    evaluate(test.value(), scope),
                    arguments(test.call(), scope, Map.of()));
        }
        if (expression instanceof Unary unary) {
            return session.arithmetic().unary(unary.operator(), evaluate(unary.operand(), scope));
        }
        if (expression instanceof Binary binary) {
            Object left = evaluate(binary.left(), scope);
            return session.arithmetic()
                    .binary(binary.operator(), left, evaluate(binary.right(), scope));
        }
        if (expression instanceof Concatenation concatenation) {
            return concatenated(evaluateAll(concatenation.parts(), scope));
        }
        if (expression instanceof Junction junction) {
            Object left = evaluate(junction.left(), scope);
            return Values.isTrue(left) == junction.any() ? left : evaluate(junction.right(), scope);
        }
        if (expression instanceof Comparison comparison) {
            return evaluateComparison(comparison, scope);
        }
        Conditional conditional = (Conditional) expression;
        if (Values.isTrue(evaluate(conditional.condition(), scope))) {
            return evaluate(conditional.then(), scope);
        }
        return conditional.otherwise().isPresent()
                ? evaluate(conditional.otherwise().get(), scope)
                : new Undefined("an 'if' without 'else' has no value here");
    }

    private Object concatenated(List<Object> parts) {
        StringBuilder text = new StringBuilder();
        for (Object part : parts) {
            text.append(session.made(session.text(part)));
        }
        return session.made(text.toString());
    }

    private Object evaluate(Optional<Expression> expression, Scope scope) {
        return expression.isPresent() ? evaluate(expression.get(), scope) : null;
    }

    private List<Object> evaluateAll(List<Expression> expressions, Scope scope) {
        List<Object> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Map<Object, Object> evaluateMapping(Mapping mapping, Scope scope) {
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < mapping.keys().size(); i++) {
            Object key = evaluate(mapping.keys().get(i), scope);
            map.put(Values.key(key), evaluate(mapping.values().get(i), scope));
        }
        return map;
    }

    private boolean evaluateComparison(Comparison comparison, Scope scope) {
        Object left = evaluate(comparison.first(), scope);
        for (int i = 0; i < comparison.operators().size(); i++) {
            Object right = evaluate(comparison.operands().get(i), scope);
            if (!holds(comparison.operators().get(i), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private boolean holds(String operator, Object left, Object right) {
        Comparer comparer = session.comparer();
        return switch (operator) {
            case "==" -> comparer.equal(left, right);
            case "!=" -> !comparer.equal(left, right);
            case "in" -> comparer.contains(right, left);
            case "not in" -> !comparer.contains(right, left);
            case "<" -> comparer.compare(left, right) < 0;
            case "<=" -> comparer.compare(left, right) <= 0;
            case ">" -> comparer.compare(left, right) > 0;
            default -> comparer.compare(left, right) >= 0;
        };
    }

    /** Applies a filter, and before it those on its left that belong to a block. */
    Object filter(Filter filter, Object value, Scope scope) {
        return Filters.apply(
                session, filter.name(), value, arguments(filter.call(), scope, Map.of()));
    }

    /** Applies the filters of a block, the innermost first. */
    Object filterBlock(Filter filter, Object text, Scope scope) {
        Object value =
                filter.value().isPresent() && filter.value().get() instanceof Filter inner
                        ? filterBlock(inner, text, scope)
                        : text;
        return filter(filter, value, scope);
    }

    /** Calls a function, with values beside those that the template gives. */
    Object invoke(Invocation invocation, Scope scope, Map<String, Object> more) {
        Object function = evaluate(invocation.function(), scope);
        if (!(function instanceof Function callable)) {
            throw function instanceof Undefined undefined
                    ? undefined.failure()
                    : new Failure("a " + Values.typeName(function) + " cannot be called");
        }
        Arguments arguments = arguments(invocation.call(), scope, more);
        session.budget().enter();
        Object result = callable.call(arguments);
        session.budget().leave();
        return result;
    }

    private Arguments arguments(Call call, Scope scope, Map<String, Object> more) {
        List<Object> positional = evaluateAll(call.positional(), scope);
        Map<String, Object> named = new LinkedHashMap<>();
        for (int i = 0; i < call.names().size(); i++) {
            named.put(call.names().get(i), evaluate(call.named().get(i), scope));
        }
        if (call.spread().isPresent()) {
            positional.addAll(session.access().elements(evaluate(call.spread().get(), scope)));
        }
        if (call.spreadNamed().isPresent()) {
            Object spread = evaluate(call.spreadNamed().get(), scope);
            if (!(spread instanceof Map<?, ?> map)) {
                throw Failure.unsupported("'**'", spread);
            }
            map.forEach((name, value) -> named.put(session.text(name), value));
        }
        named.putAll(more);
        return new Arguments(positional, named);
    }
}
