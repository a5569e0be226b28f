package dev.lathe.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Python's access to the parts of a value: elements, items, slices, attributes, methods. */
final class Access {
    private final Session session;

    Access(Session session) {
        this.session = session;
    }

    /**
     * The bounds of a slice; null stands for what is not given.
     *
     * @param start first index
     * @param stop index after the last
     * @param step distance
     */
    record Range(Object start, Object stop, Object step) {}

    /** The elements that a loop goes over. */
    List<Object> elements(Object sequence) {
        Object value = Markup.plain(sequence);
        if (value instanceof List<?> list) {
            session.budget().work(list.size());
            return new ArrayList<>(list);
        }
        if (value instanceof Map<?, ?> map) {
            session.budget().work(map.size());
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof String text) {
            session.budget().work(text.length());
            List<Object> characters = new ArrayList<>();
            text.codePoints().forEach(c -> characters.add(Character.toString(c)));
            return characters;
        }
        if (value instanceof Undefined) {
            return new ArrayList<>();
        }
        throw Failure.unsupported("iteration", value);
    }

    /** {@code len(value)}. */
    long length(Object sequence) {
        Object value = Markup.plain(sequence);
        if (value instanceof List<?> list) {
            return list.size();
        }
        if (value instanceof Map<?, ?> map) {
            return map.size();
        }
        if (value instanceof String text) {
            session.budget().scan(text.length());
            return PythonText.length(text);
        }
        if (value instanceof Undefined) {
            return 0;
        }
        throw Failure.unsupported("length", value);
    }

    /** {@code object[key]}; where there is no such item, an attribute of that name. */
    Object item(Object container, Object name) {
        Object object = Markup.plain(container);
        Object key = Markup.plain(name);
        session.budget().step();
        if (object instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (key instanceof Range range) {
            return slice(object, range);
        }
        if (object instanceof Map<?, ?> map && Values.isKey(key) && map.containsKey(key)) {
            return map.get(key);
        }
        if (key instanceof Long index && object instanceof List<?> list) {
            long at = index < 0 ? index + list.size() : index;
            return at >= 0 && at < list.size()
                    ? list.get((int) at)
                    : new Undefined(Values.typeName(object) + " has no element " + index);
        }
        if (key instanceof Long index && object instanceof String text) {
            session.budget().scan(text.length());
            int length = PythonText.length(text);
            long at = index < 0 ? index + length : index;
            return at >= 0 && at < length
                    ? PythonText.substring(text, (int) at, (int) at + 1)
                    : new Undefined("str has no element " + index);
        }
        return key instanceof String attribute && !(object instanceof Map)
                ? attribute(object, attribute)
                : method(object, key).orElseGet(() -> missing(object, session.text(key)));
    }

    private Optional<Object> method(Object object, Object key) {
        return key instanceof String name ? method(object, name) : Optional.empty();
    }

    /** {@code object.name}; where there is no such attribute, an item of that name. */
    Object attribute(Object owner, String name) {
        Object object = Markup.plain(owner);
        session.budget().step();
        if (object instanceof Undefined undefined) {
            throw undefined.failure();
        }
        Optional<Object> method = method(object, name);
        if (method.isPresent()) {
            return method.get();
        }
        if (object instanceof Map<?, ?> map && map.containsKey(name)) {
            return map.get(name);
        }
        if (object instanceof Namespace namespace) {
            return namespace.get(name);
        }
        if (object instanceof Loop loop) {
            return loop.attribute(name);
        }
        return missing(object, name);
    }

    private Optional<Object> method(Object object, String name) {
        Optional<Function> method =
                object instanceof String text
                        ? StringMethods.find(session, text, name)
                        : CollectionMethods.find(session, object, name);
        return method.map(function -> function);
    }

    private static Undefined missing(Object object, String name) {
        return new Undefined("'" + Values.typeName(object) + "' has no attribute '" + name + "'");
    }

    private Object slice(Object object, Range range) {
        if (object instanceof String text) {
            session.budget().text(text.length());
            int[] characters = text.codePoints().toArray();
            StringBuilder slice = new StringBuilder();
            indexes(range, characters.length).forEach(i -> slice.appendCodePoint(characters[i]));
            return slice.toString();
        }
        if (object instanceof List<?> list) {
            List<Object> slice = new ArrayList<>();
            indexes(range, list.size()).forEach(i -> slice.add(list.get(i)));
            return list instanceof Tuple ? new Tuple(slice) : slice;
        }
        return missing(object, "a slice");
    }

    /** The indexes that a slice takes of a sequence. */
    private List<Integer> indexes(Range range, int length) {
        long step = range.step() == null ? 1 : bound(range.step());
        if (step == 0) {
            throw new Failure("the step of a slice is zero");
        }
        long lowest = step > 0 ? 0 : -1;
        long highest = step > 0 ? length : length - 1L;
        long start =
                range.start() == null
                        ? (step > 0 ? lowest : highest)
                        : clamped(range.start(), length, lowest, highest);
        long stop =
                range.stop() == null
                        ? (step > 0 ? highest : lowest)
                        : clamped(range.stop(), length, lowest, highest);
        session.budget().work(length);
        List<Integer> indexes = new ArrayList<>();
        // Steps past the sequence are cut, so that the sum cannot overflow.
        long stride = Math.max(-length - 1L, Math.min(length + 1L, step));
        for (long i = start; step > 0 ? i < stop : i > stop; i += stride) {
            indexes.add((int) i);
        }
        return indexes;
    }

    private static long clamped(Object bound, int length, long lowest, long highest) {
        long value = bound(bound);
        long fromStart = value < 0 ? value + length : value;
        return Math.max(lowest, Math.min(highest, fromStart));
    }

    private static long bound(Object value) {
        if (value instanceof Long || value instanceof Boolean) {
            return Arithmetic.whole(value);
        }
        throw Failure.unsupported("a slice", value);
    }
}
