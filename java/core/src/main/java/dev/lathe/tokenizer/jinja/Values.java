package dev.lathe.tokenizer.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The values of a template. Python's types are represented so: {@code None} by null, {@code bool}
 * by {@link Boolean}, {@code int} by {@link Long}, {@code float} by {@link Double}, {@code str} by
 * {@link String}, {@code list} by {@link List}, {@code tuple} by {@link Tuple}, {@code dict} by
 * {@link Map}. Beside them there are {@link Undefined}, {@link Markup}, {@link Namespace}, {@link
 * Loop} and {@link Function}. Nothing in a template changes a list or a map.
 */
final class Values {
    private Values() {}

    /**
     * Takes over a value from outside.
     *
     * @throws IllegalArgumentException if it is of another type
     */
    static Object of(Object value) {
        if (value == null
                || value instanceof Boolean
                || value instanceof Long
                || value instanceof Double
                || value instanceof String) {
            return value;
        }
        if (value instanceof Integer number) {
            return number.longValue();
        }
        if (value instanceof List<?> list) {
            List<Object> elements = new ArrayList<>(list.size());
            list.forEach(element -> elements.add(of(element)));
            return elements;
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> entries = new LinkedHashMap<>();
            map.forEach((key, entry) -> entries.put(of(key), of(entry)));
            return entries;
        }
        throw new IllegalArgumentException("a template has no use for " + value.getClass());
    }

    /** The characters of all texts in a value. */
    static long characters(Object value) {
        if (value instanceof String text) {
            return text.length();
        }
        if (value instanceof List<?> list) {
            return list.stream().mapToLong(Values::characters).sum();
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .mapToLong(entry -> characters(entry.getKey()) + characters(entry.getValue()))
                    .sum();
        }
        return 0;
    }

    static boolean isTrue(Object value) {
        if (value instanceof Boolean truth) {
            return truth;
        }
        if (value instanceof Long number) {
            return number != 0;
        }
        if (value instanceof Double number) {
            return number != 0;
        }
        if (value instanceof String text) {
            return !text.isEmpty();
        }
        if (value instanceof Markup markup) {
            return !markup.text().isEmpty();
        }
        if (value instanceof List<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Map<?, ?> map) {
            return !map.isEmpty();
        }
        return value != null && !(value instanceof Undefined);
    }

    static boolean isKey(Object value) {
        boolean plain = value == null || value instanceof String || isNumber(value);
        // Python allows tuples in tuples; to look into them would have to be accounted for.
        return plain
                || value instanceof Tuple tuple
                        && tuple.stream()
                                .allMatch(element -> !(element instanceof List) && isKey(element));
    }

    /**
     * Checks a key of a mapping: lists and mappings are none.
     *
     * @throws Failure if it is no key
     */
    static Object key(Object value) {
        if (!isKey(value)) {
            throw Failure.unsupported("a key", value);
        }
        return value;
    }

    static boolean isNumber(Object value) {
        return value instanceof Boolean || value instanceof Long || value instanceof Double;
    }

    /** The names that Python gives to types. */
    static String typeName(Object value) {
        if (value == null) {
            return "NoneType";
        }
        if (value instanceof Boolean) {
            return "bool";
        }
        if (value instanceof Long) {
            return "int";
        }
        if (value instanceof Double) {
            return "float";
        }
        if (value instanceof String) {
            return "str";
        }
        if (value instanceof Tuple) {
            return "tuple";
        }
        if (value instanceof List) {
            return "list";
        }
        if (value instanceof Map) {
            return "dict";
        }
        if (value instanceof Loop) {
            return "loop";
        }
        return value instanceof Function ? "function" : value.getClass().getSimpleName();
    }
}
