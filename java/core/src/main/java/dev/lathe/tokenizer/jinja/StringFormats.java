package dev.lathe.tokenizer.jinja;

import java.util.Collections;
import java.util.List;

/** The two ways of Python to put values into a text, as far as templates go. */
final class StringFormats {
    private StringFormats() {}

    /** {@code format % values}, with {@code %s}, {@code %d} and {@code %%}. */
    static String percent(Session session, String format, Object values) {
        List<?> list = values instanceof Tuple tuple ? tuple : Collections.singletonList(values);
        StringBuilder text = new StringBuilder();
        int used = 0;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                text.append(c);
                continue;
            }
            char kind = ++i < format.length() ? format.charAt(i) : ' ';
            if (kind == '%') {
                text.append('%');
                continue;
            }
            if (used == list.size()) {
                throw new Failure("a format has fewer values than places");
            }
            Object value = list.get(used++);
            switch (kind) {
                case 's' -> text.append(session.made(session.text(value)));
                case 'd', 'i' -> text.append(whole(value));
                default -> throw new Failure("a format with '%" + kind + "' is not supported");
            }
        }
        if (used < list.size()) {
            throw new Failure("a format has more values than places");
        }
        return session.made(text.toString());
    }

    private static long whole(Object value) {
        if (value instanceof Double number) {
            return number.longValue();
        }
        if (!Values.isNumber(value)) {
            throw Failure.unsupported("a format with '%d'", value);
        }
        return Arithmetic.whole(value);
    }

    /** {@code format.format(…)}, with {@code {}}, {@code {0}}, {@code {name}}. */
    static String braces(Session session, String format, Arguments arguments) {
        StringBuilder text = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
            if (c != '{' && c != '}' || doubled) {
                text.append(c);
                i += c == '{' || c == '}' ? 1 : 0;
                continue;
            }
            int end = format.indexOf('}', i);
            if (c == '}' || end < 0) {
                throw new Failure("a format has a single '" + c + "'");
            }
            String field = format.substring(i + 1, end);
            Object value =
                    field.isEmpty() ? positional(arguments, next++) : field(arguments, field);
            text.append(session.made(session.text(value)));
            i = end;
        }
        return session.made(text.toString());
    }

    private static Object field(Arguments arguments, String field) {
        if (field.chars().allMatch(c -> c >= '0' && c <= '9') && field.length() < 5) {
            return positional(arguments, Integer.parseInt(field));
        }
        if (!arguments.named().containsKey(field)) {
            throw new Failure("a format with '{" + field + "}' is not supported or has no value");
        }
        return arguments.named().get(field);
    }

    private static Object positional(Arguments arguments, int index) {
        if (index >= arguments.positional().size()) {
            throw new Failure("a format has fewer values than places");
        }
        return arguments.positional().get(index);
    }
}
