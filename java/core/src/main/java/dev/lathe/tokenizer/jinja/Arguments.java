package dev.lathe.tokenizer.jinja;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a function is called with.
 *
 * @param positional values by place
 * @param named values by name
 */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    private static final Object ABSENT = new Object();

    /**
     * Gives each parameter its value.
     *
     * @param function name, for messages
     * @param parameters names in order
     * @throws Failure if there are more values than parameters, or a name that is none of them
     */
    Bound bind(String function, String... parameters) {
        Object[] values = new Object[parameters.length];
        Arrays.fill(values, ABSENT);
        if (positional.size() > parameters.length) {
            throw new Failure(
                    String.format(
                            "%s() takes at most %d arguments, found %d",
                            function, parameters.length, positional.size()));
        }
        for (int i = 0; i < positional.size(); i++) {
            values[i] = positional.get(i);
        }
        named.forEach(
                (name, value) -> {
                    int at = Arrays.asList(parameters).indexOf(name);
                    if (at < 0 || values[at] != ABSENT) {
                        throw new Failure(function + "() has no use for a value of '" + name + "'");
                    }
                    values[at] = value;
                });
        return new Bound(function, List.of(parameters), values);
    }

    /** The values of a function's parameters. */
    static final class Bound {
        private final String function;
        private final List<String> parameters;
        private final Object[] values;

        private Bound(String function, List<String> parameters, Object[] values) {
            this.function = function;
            this.parameters = parameters;
            this.values = values;
        }

        boolean has(int parameter) {
            return values[parameter] != ABSENT;
        }

        Object get(int parameter, Object otherwise) {
            return has(parameter) ? values[parameter] : otherwise;
        }

        Object require(int parameter) {
            if (!has(parameter)) {
                throw new Failure(
                        function + "() needs a value of '" + parameters.get(parameter) + "'");
            }
            return values[parameter];
        }

        String text(int parameter) {
            if (Markup.plain(require(parameter)) instanceof String text) {
                return text;
            }
            throw wrong(parameter, "a string");
        }

        long integer(int parameter, long otherwise) {
            Object value = get(parameter, otherwise);
            if (value instanceof Boolean truth) {
                return truth ? 1 : 0;
            }
            if (value instanceof Long number) {
                return number;
            }
            throw wrong(parameter, "an integer");
        }

        boolean truth(int parameter, boolean otherwise) {
            return Values.isTrue(get(parameter, otherwise));
        }

        private Failure wrong(int parameter, String expected) {
            return values[parameter] instanceof Undefined undefined
                    ? undefined.failure()
                    : new Failure(
                            String.format(
                                    "%s() expects '%s' to be %s, found a %s",
                                    function,
                                    parameters.get(parameter),
                                    expected,
                                    Values.typeName(values[parameter])));
        }
    }
}
