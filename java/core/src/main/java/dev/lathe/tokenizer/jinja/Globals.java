package dev.lathe.tokenizer.jinja;

import dev.lathe.tokenizer.jinja.Arguments.Bound;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The functions that every template has. */
final class Globals {
    /** Jinja's sandbox has the same bound. */
    private static final long MAXIMUM_RANGE = 100_000;

    /** What {@code strftime} replaces, in the language of {@link DateTimeFormatter}. */
    private static final Map<Character, String> DATE_FORMATS =
            Map.ofEntries(
                    Map.entry('Y', "yyyy"),
                    Map.entry('y', "yy"),
                    Map.entry('m', "MM"),
                    Map.entry('d', "dd"),
                    Map.entry('e', "ppd"),
                    Map.entry('B', "MMMM"),
                    Map.entry('b', "MMM"),
                    Map.entry('A', "EEEE"),
                    Map.entry('a', "EEE"),
                    Map.entry('j', "DDD"),
                    Map.entry('H', "HH"),
                    Map.entry('I', "hh"),
                    Map.entry('p', "a"),
                    Map.entry('M', "mm"),
                    Map.entry('S', "ss"),
                    Map.entry('f', "SSSSSS"),
                    Map.entry('F', "yyyy-MM-dd"),
                    Map.entry('T', "HH:mm:ss"));

    private Globals() {}

    static Scope scope(Session session) {
        Scope scope = new Scope(null);
        scope.set("raise_exception", (Function) arguments -> raise(session, arguments));
        scope.set("strftime_now", (Function) arguments -> now(session, arguments));
        scope.set("range", (Function) arguments -> range(session, arguments));
        scope.set("dict", (Function) arguments -> mapping(session, arguments));
        scope.set("namespace", (Function) arguments -> namespace(session, arguments));
        return scope;
    }

    private static Object raise(Session session, Arguments arguments) {
        throw new Failure(session.text(arguments.bind("raise_exception", "message").require(0)));
    }

    private static Object now(Session session, Arguments arguments) {
        String format = arguments.bind("strftime_now", "format").text(0);
        LocalDateTime time = LocalDateTime.now(session.clock());
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                text.append(c);
                continue;
            }
            char kind = ++i < format.length() ? format.charAt(i) : ' ';
            if (kind == '%') {
                text.append('%');
            } else if (DATE_FORMATS.containsKey(kind)) {
                session.budget().work(100);
                text.append(
                        DateTimeFormatter.ofPattern(DATE_FORMATS.get(kind), Locale.ENGLISH)
                                .format(time));
            } else {
                throw new Failure("strftime_now() has no use for '%" + kind + "'");
            }
        }
        return session.made(text.toString());
    }

    private static Object range(Session session, Arguments arguments) {
        Bound bound = arguments.bind("range", "start", "stop", "step");
        bound.require(0);
        long start = bound.has(1) ? bound.integer(0, 0) : 0;
        long stop = bound.has(1) ? bound.integer(1, 0) : bound.integer(0, 0);
        long step = bound.integer(2, 1);
        if (step == 0) {
            throw new Failure("the step of a range is zero");
        }
        List<Object> numbers = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            session.budget().step();
            numbers.add(i);
            boolean atEnd = step > 0 ? i > Long.MAX_VALUE - step : i < Long.MIN_VALUE - step;
            if (numbers.size() > MAXIMUM_RANGE) {
                throw new Failure("a range has more than " + MAXIMUM_RANGE + " numbers");
            }
            if (atEnd) {
                break;
            }
        }
        return numbers;
    }

    private static Object namespace(Session session, Arguments arguments) {
        Namespace namespace = new Namespace(new LinkedHashMap<>());
        mapping(session, arguments)
                .forEach((name, value) -> namespace.set(session.text(name), value));
        return namespace;
    }

    private static Map<Object, Object> mapping(Session session, Arguments arguments) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (arguments.positional().size() > 1) {
            throw new Failure("dict() takes at most one value without a name");
        }
        for (Object value : arguments.positional()) {
            List<Object> pairs =
                    value instanceof Map<?, ?> entries
                            ? CollectionMethods.items(session, entries)
                            : session.access().elements(value);
            for (Object pair : pairs) {
                List<Object> parts = session.access().elements(pair);
                if (parts.size() != 2 || !(parts.get(0) instanceof String)) {
                    throw new Failure("dict() expects pairs of a name and a value");
                }
                map.put(parts.get(0), parts.get(1));
            }
        }
        map.putAll(arguments.named());
        return map;
    }
}
