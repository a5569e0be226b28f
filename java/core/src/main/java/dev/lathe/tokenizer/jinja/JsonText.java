package dev.lathe.tokenizer.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Python's {@code json.dumps}. */
final class JsonText {
    private final Session session;
    private final StringBuilder target = new StringBuilder();
    private final boolean ascii;
    private final String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sorted;

    private JsonText(
            Session session,
            boolean ascii,
            String indent,
            String itemSeparator,
            String keySeparator,
            boolean sorted) {
        this.session = session;
        this.ascii = ascii;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
        this.sorted = sorted;
    }

    /** The filter {@code tojson(ensure_ascii, indent, separators, sort_keys)} of transformers. */
    static Object filter(Session session, Object value, Arguments arguments) {
        Arguments.Bound bound =
                arguments.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        String indent = indent(bound.get(1, null), bound);
        String items = indent == null ? ", " : ",";
        String keys = ": ";
        if (bound.get(2, null) instanceof List<?> separators && separators.size() == 2) {
            items = session.text(separators.get(0));
            keys = session.text(separators.get(1));
        }
        JsonText json =
                new JsonText(
                        session, bound.truth(0, false), indent, items, keys, bound.truth(3, false));
        json.append(value, 0);
        return session.made(json.target.toString());
    }

    private static String indent(Object value, Arguments.Bound bound) {
        if (value == null || value instanceof String) {
            return (String) value;
        }
        long width = Math.max(0, bound.integer(1, 0));
        if (width > 1000) {
            throw new Failure("an indent of " + width + " is too wide");
        }
        return " ".repeat((int) width);
    }

    private void append(Object element, int depth) {
        Object value = Markup.plain(element);
        session.budget().step();
        if (value == null) {
            target.append("null");
        } else if (value instanceof String text) {
            appendText(text);
        } else if (Values.isNumber(value)) {
            target.append(number(value));
        } else if (value instanceof List<?> list) {
            appendElements("[", "]", list.iterator(), depth, inner -> append(inner, depth + 1));
        } else if (value instanceof Map<?, ?> map) {
            appendElements(
                    "{",
                    "}",
                    entries(map),
                    depth,
                    entry -> appendEntry((Map.Entry<?, ?>) entry, depth));
        } else {
            throw Failure.unsupported("JSON", value);
        }
    }

    private String number(Object value) {
        if (value instanceof Double number) {
            session.budget().printReal();
            if (Double.isFinite(number)) {
                return PythonText.of(number);
            }
            return Double.isNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
        }
        return value.toString();
    }

    private Iterator<? extends Map.Entry<?, ?>> entries(Map<?, ?> map) {
        List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
        if (sorted) {
            entries.sort((a, b) -> session.comparer().compare(a.getKey(), b.getKey()));
        }
        return entries.iterator();
    }

    private void appendEntry(Map.Entry<?, ?> entry, int depth) {
        Object key = entry.getKey();
        if (key instanceof String text) {
            appendText(text);
        } else if (key == null || Values.isNumber(key)) {
            target.append('"').append(key == null ? "null" : number(key)).append('"');
        } else {
            throw Failure.unsupported("a key in JSON", key);
        }
        target.append(keySeparator);
        append(entry.getValue(), depth + 1);
    }

    private <T> void appendElements(
            String begin,
            String end,
            Iterator<? extends T> elements,
            int depth,
            Consumer<T> writer) {
        target.append(begin);
        if (!elements.hasNext()) {
            target.append(end);
            return;
        }
        session.budget().enter();
        while (elements.hasNext()) {
            startLine(depth + 1);
            writer.accept(elements.next());
            target.append(elements.hasNext() ? itemSeparator : "");
        }
        session.budget().leave();
        startLine(depth);
        target.append(end);
    }

    private void startLine(int depth) {
        if (indent != null) {
            session.budget().text(1L + (long) indent.length() * depth);
            target.append('\n').append(indent.repeat(depth));
        }
    }

    private void appendText(String text) {
        session.budget().text(text.length());
        target.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> target.append("\\\"");
                case '\\' -> target.append("\\\\");
                case '\n' -> target.append("\\n");
                case '\r' -> target.append("\\r");
                case '\t' -> target.append("\\t");
                case '\b' -> target.append("\\b");
                case '\f' -> target.append("\\f");
                default -> {
                    if (c < 0x20 || ascii && c > 0x7E) {
                        PythonText.appendHexadecimal(target.append("\\u"), c, 4);
                    } else {
                        target.append(c);
                    }
                }
            }
        }
        target.append('"');
    }
}
