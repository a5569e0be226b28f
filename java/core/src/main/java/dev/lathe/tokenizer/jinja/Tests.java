package dev.lathe.tokenizer.jinja;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The tests after {@code is}. */
final class Tests {
    @FunctionalInterface
    private interface Test {
        boolean holds(Session session, Object value, Object other);
    }

    private static final Map<String, Test> PROPERTIES =
            Map.ofEntries(
                    Map.entry("defined", (session, value, none) -> !(value instanceof Undefined)),
                    Map.entry("undefined", (session, value, none) -> value instanceof Undefined),
                    Map.entry("none", (session, value, none) -> value == null),
                    Map.entry("boolean", (session, value, none) -> value instanceof Boolean),
                    Map.entry("true", (session, value, none) -> Boolean.TRUE.equals(value)),
                    Map.entry("false", (session, value, none) -> Boolean.FALSE.equals(value)),
                    Map.entry("integer", (session, value, none) -> value instanceof Long),
                    Map.entry("float", (session, value, none) -> value instanceof Double),
                    Map.entry("number", (session, value, none) -> Values.isNumber(value)),
                    Map.entry(
                            "string",
                            (session, value, none) -> Markup.plain(value) instanceof String),
                    Map.entry("mapping", (session, value, none) -> value instanceof Map),
                    Map.entry("sequence", (session, value, none) -> hasElements(value)),
                    Map.entry("iterable", (session, value, none) -> hasElements(value)),
                    Map.entry(
                            "callable",
                            (session, value, none) ->
                                    value instanceof Function || value instanceof Undefined),
                    Map.entry("odd", (session, value, none) -> remainder(value, 2L) == 1),
                    Map.entry("even", (session, value, none) -> remainder(value, 2L) == 0),
                    Map.entry(
                            "lower", (session, value, none) -> isCased(session, value, "islower")),
                    Map.entry(
                            "upper", (session, value, none) -> isCased(session, value, "isupper")),
                    Map.entry(
                            "filter",
                            (session, value, none) -> Filters.exists(session.text(value))),
                    Map.entry("test", (session, value, none) -> exists(session.text(value))));

    private static final Map<String, Test> RELATIONS =
            Map.ofEntries(
                    Map.entry(
                            "eq",
                            (session, value, other) -> session.comparer().equal(value, other)),
                    Map.entry(
                            "ne",
                            (session, value, other) -> !session.comparer().equal(value, other)),
                    Map.entry("lt", (session, value, other) -> compare(session, value, other) < 0),
                    Map.entry("le", (session, value, other) -> compare(session, value, other) <= 0),
                    Map.entry("gt", (session, value, other) -> compare(session, value, other) > 0),
                    Map.entry("ge", (session, value, other) -> compare(session, value, other) >= 0),
                    Map.entry(
                            "in",
                            (session, value, other) -> session.comparer().contains(other, value)),
                    Map.entry("sameas", (session, value, other) -> isSame(value, other)),
                    Map.entry(
                            "divisibleby",
                            (session, value, other) -> remainder(value, other) == 0));

    private static final Map<String, String> OTHER_NAMES =
            Map.ofEntries(
                    Map.entry("==", "eq"),
                    Map.entry("equalto", "eq"),
                    Map.entry("!=", "ne"),
                    Map.entry("<", "lt"),
                    Map.entry("lessthan", "lt"),
                    Map.entry("<=", "le"),
                    Map.entry(">", "gt"),
                    Map.entry("greaterthan", "gt"),
                    Map.entry(">=", "ge"));

    private Tests() {}

    static boolean apply(Session session, String name, Object value, Arguments arguments) {
        session.budget().scan(value instanceof String text ? text.length() : 0);
        String known = OTHER_NAMES.getOrDefault(name, name);
        Optional<Test> property = Optional.ofNullable(PROPERTIES.get(known));
        if (property.isPresent()) {
            arguments.bind(name);
            return property.get().holds(session, value, null);
        }
        Test relation = RELATIONS.get(known);
        if (relation == null) {
            throw new Failure("no test named '" + name + "'");
        }
        return relation.holds(session, value, arguments.bind(name, "other").require(0));
    }

    private static boolean exists(String name) {
        String known = OTHER_NAMES.getOrDefault(name, name);
        return PROPERTIES.containsKey(known) || RELATIONS.containsKey(known);
    }

    /** Text has elements; what is undefined can be gone over and is empty. */
    private static boolean hasElements(Object value) {
        return value instanceof List
                || value instanceof Map
                || Markup.plain(value) instanceof String
                || value instanceof Undefined;
    }

    private static long remainder(Object value, Object divisor) {
        boolean whole = Values.isNumber(value) && !(value instanceof Double);
        if (!whole || !(divisor instanceof Long by) || by == 0) {
            throw Failure.unsupported("a remainder", whole ? divisor : value);
        }
        return Math.floorMod(Arithmetic.whole(value), by);
    }

    private static boolean isCased(Session session, Object value, String method) {
        Function check = StringMethods.find(session, session.text(value), method).orElseThrow();
        return (Boolean) check.call(Arguments.NONE);
    }

    private static int compare(Session session, Object value, Object other) {
        return session.comparer().compare(value, other);
    }

    /** Python keeps one object for each small number; larger ones do not come up. */
    private static boolean isSame(Object value, Object other) {
        boolean plain = value == null || value instanceof Boolean || value instanceof Long;
        return plain ? Objects.equals(value, other) : value == other;
    }
}
