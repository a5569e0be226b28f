package dev.lathe.tokenizer.jinja;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's {@code str} and {@code repr}. */
final class Printer {
    private final Budget budget;

    Printer(Budget budget) {
        this.budget = budget;
    }

    /** {@code str(value)}. */
    String text(Object value) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof Markup markup) {
            return markup.text();
        }
        if (value instanceof Undefined) {
            return "";
        }
        StringBuilder target = new StringBuilder();
        append(target, value);
        return target.toString();
    }

    private void append(StringBuilder target, Object value) {
        budget.step();
        if (value == null) {
            target.append("None");
        } else if (value instanceof Boolean truth) {
            target.append(truth ? "True" : "False");
        } else if (value instanceof Double number) {
            budget.printReal();
            target.append(PythonText.of(number));
        } else if (value instanceof Long number) {
            target.append(number.longValue());
        } else if (value instanceof String text) {
            budget.text(text.length());
            target.append(PythonText.quoted(text));
        } else if (value instanceof Markup markup) {
            budget.text(markup.text().length());
            target.append("Markup(").append(PythonText.quoted(markup.text())).append(')');
        } else if (value instanceof List<?> list) {
            appendList(target, list);
        } else if (value instanceof Map<?, ?> map) {
            appendMap(target, map);
        } else if (value instanceof Undefined) {
            target.append("Undefined");
        } else {
            target.append('<').append(Values.typeName(value)).append('>');
        }
    }

    private void appendList(StringBuilder target, List<?> list) {
        budget.enter();
        boolean tuple = list instanceof Tuple;
        target.append(tuple ? '(' : '[');
        for (int i = 0; i < list.size(); i++) {
            target.append(i == 0 ? "" : ", ");
            append(target, list.get(i));
        }
        target.append(tuple && list.size() == 1 ? "," : "").append(tuple ? ')' : ']');
        budget.leave();
    }

    private void appendMap(StringBuilder target, Map<?, ?> map) {
        budget.enter();
        target.append('{');
        Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<?, ?> entry = entries.next();
            append(target, entry.getKey());
            target.append(": ");
            append(target, entry.getValue());
            target.append(entries.hasNext() ? ", " : "");
        }
        target.append('}');
        budget.leave();
    }
}
