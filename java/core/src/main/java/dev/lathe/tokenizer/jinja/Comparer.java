package dev.lathe.tokenizer.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** Python's comparisons. */
final class Comparer {
    private final Budget budget;

    Comparer(Budget budget) {
        this.budget = budget;
    }

    /** {@code a == b}. */
    boolean equal(Object first, Object second) {
        Object a = Markup.plain(first);
        Object b = Markup.plain(second);
        budget.step();
        if (Values.isNumber(a) && Values.isNumber(b)) {
            return compareNumbers(a, b) == 0;
        }
        if (a instanceof String left && b instanceof String right) {
            budget.scan(Math.min(left.length(), right.length()));
            return left.equals(right);
        }
        if (a instanceof List<?> left && b instanceof List<?> right) {
            return a instanceof Tuple == b instanceof Tuple && equalLists(left, right);
        }
        if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
            return equalMaps(left, right);
        }
        return a == b || a instanceof Undefined && b instanceof Undefined;
    }

    private boolean equalLists(List<?> left, List<?> right) {
        if (left.size() != right.size()) {
            return false;
        }
        budget.enter();
        for (int i = 0; i < left.size(); i++) {
            if (!equal(left.get(i), right.get(i))) {
                budget.leave();
                return false;
            }
        }
        budget.leave();
        return true;
    }

    private boolean equalMaps(Map<?, ?> left, Map<?, ?> right) {
        if (left.size() != right.size()) {
            return false;
        }
        budget.enter();
        for (Map.Entry<?, ?> entry : left.entrySet()) {
            if (!right.containsKey(entry.getKey())
                    || !equal(entry.getValue(), right.get(entry.getKey()))) {
                budget.leave();
                return false;
            }
        }
        budget.leave();
        return true;
    }

    /**
     * NaN is neither equal to anything nor less; it does not come up in templates and sorts last.
     */
    private static int compareNumbers(Object a, Object b) {
        if (a instanceof Double || b instanceof Double) {
            double left = Arithmetic.real(a);
            double right = Arithmetic.real(b);
            // A float cannot tell integers past 2^53 apart.
            boolean large = Double.isFinite(left) && Double.isFinite(right) && left == right;
            return large ? exact(a).compareTo(exact(b)) : Double.compare(left, right);
        }
        return Long.compare(Arithmetic.whole(a), Arithmetic.whole(b));
    }

    private static BigDecimal exact(Object number) {
        return number instanceof Double real
                ? new BigDecimal(real)
                : BigDecimal.valueOf(Arithmetic.whole(number));
    }

    /**
     * Orders two values.
     *
     * @return negative, zero or positive
     * @throws Failure if Python does not order values of these types
     */
    int compare(Object first, Object second) {
        Object a = Markup.plain(first);
        Object b = Markup.plain(second);
        budget.step();
        if (Values.isNumber(a) && Values.isNumber(b)) {
            return compareNumbers(a, b);
        }
        if (a instanceof String left && b instanceof String right) {
            budget.scan(Math.min(left.length(), right.length()));
            return compareTexts(left, right);
        }
        if (a instanceof List<?> left
                && b instanceof List<?> right
                && a instanceof Tuple == b instanceof Tuple) {
            return compareLists(left, right);
        }
        for (Object value : new Object[] {a, b}) {
            if (value instanceof Undefined undefined) {
                throw undefined.failure();
            }
        }
        throw new Failure(
                String.format(
                        "a %s and a %s have no order", Values.typeName(a), Values.typeName(b)));
    }

    private int compareLists(List<?> left, List<?> right) {
        budget.enter();
        int order = 0;
        for (int i = 0; order == 0 && i < Math.min(left.size(), right.size()); i++) {
            order = equal(left.get(i), right.get(i)) ? 0 : compare(left.get(i), right.get(i));
        }
        budget.leave();
        return order != 0 ? order : Integer.compare(left.size(), right.size());
    }

    /** By code point, where Java's own order is by halves of surrogate pairs. */
    private static int compareTexts(String left, String right) {
        int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++) {
            if (left.charAt(i) != right.charAt(i)) {
                return Integer.compare(left.codePointAt(i), right.codePointAt(i));
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    /** {@code item in container}. */
    boolean contains(Object collection, Object sought) {
        Object container = Markup.plain(collection);
        Object item = Markup.plain(sought);
        if (container instanceof String text) {
            if (!(item instanceof String part)) {
                throw Failure.unsupported("'in' a string", item);
            }
            budget.search(text.length(), part.length());
            return text.contains(part);
        }
        if (container instanceof Map<?, ?> map) {
            budget.step();
            return map.containsKey(Values.key(item));
        }
        if (container instanceof List<?> list) {
            return list.stream().anyMatch(element -> equal(element, item));
        }
        if (container instanceof Undefined) {
            return false;
        }
        throw Failure.unsupported("'in'", container);
    }
}
