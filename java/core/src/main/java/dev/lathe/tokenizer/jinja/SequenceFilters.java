package dev.lathe.tokenizer.jinja;

import dev.lathe.tokenizer.jinja.Arguments.Bound;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The filters after {@code |} that work on sequences and mappings. */
final class SequenceFilters {
    static final Map<String, Filters.Filter> FILTERS =
            Map.ofEntries(
                    Map.entry("length", (session, value, call) -> session.access().length(value)),
                    Map.entry("count", (session, value, call) -> session.access().length(value)),
                    Map.entry("list", (session, value, call) -> session.access().elements(value)),
                    Map.entry("first", (session, value, call) -> end(session, value, true)),
                    Map.entry("last", (session, value, call) -> end(session, value, false)),
                    Map.entry("join", SequenceFilters::join),
                    Map.entry("items", SequenceFilters::items),
                    Map.entry("dictsort", SequenceFilters::sortedItems),
                    Map.entry("reverse", SequenceFilters::reverse),
                    Map.entry("sort", SequenceFilters::sort),
                    Map.entry("unique", SequenceFilters::unique),
                    Map.entry("min", (session, value, call) -> extreme(session, value, call, -1)),
                    Map.entry("max", (session, value, call) -> extreme(session, value, call, 1)),
                    Map.entry("sum", SequenceFilters::sum),
                    Map.entry("map", SequenceFilters::map),
                    Map.entry(
                            "select", (session, value, call) -> select(session, value, call, true)),
                    Map.entry(
                            "reject",
                            (session, value, call) -> select(session, value, call, false)),
                    Map.entry(
                            "selectattr",
                            (session, value, call) ->
                                    selectByAttribute(session, value, call, true)),
                    Map.entry(
                            "rejectattr",
                            (session, value, call) ->
                                    selectByAttribute(session, value, call, false)));

    private SequenceFilters() {}

    /** What is false has no elements for the filters that pass elements on, not even None. */
    private static List<Object> elementsIfAny(Session session, Object value) {
        return Values.isTrue(value) ? session.access().elements(value) : new ArrayList<>();
    }

    private static Object end(Session session, Object value, boolean first) {
        List<Object> elements = session.access().elements(value);
        if (elements.isEmpty()) {
            return new Undefined("an empty sequence has no first and no last element");
        }
        return elements.get(first ? 0 : elements.size() - 1);
    }

    /** The part of an element that a filter looks at: {@code a.b.0}. */
    private static Object part(Session session, Object element, Object attribute) {
        return part(session, element, attribute, null);
    }

    /** The same, where every step that leads nowhere leads to the default. */
    private static Object part(
            Session session, Object element, Object attribute, Object otherwise) {
        if (attribute == null) {
            return element;
        }
        if (!(attribute instanceof String path)) {
            return session.access().item(element, attribute);
        }
        Object part = element;
        for (String name : path.split("\\.", -1)) {
            boolean index =
                    !name.isEmpty()
                            && name.length() < 10
                            && name.chars().allMatch(c -> c >= '0' && c <= '9');
            part = session.access().item(part, index ? (Object) Long.valueOf(name) : name);
            part = part instanceof Undefined && otherwise != null ? otherwise : part;
        }
        return part;
    }

    /** Text is compared in lower case unless told otherwise. */
    private static Object sortKey(Session session, Object value, boolean caseSensitive) {
        return value instanceof String text && !caseSensitive
                ? session.made(text.toLowerCase(Locale.ROOT))
                : value;
    }

    private static Object join(Session session, Object value, Arguments call) {
        Bound bound = call.bind("join", "d", "attribute");
        String separator = session.text(bound.get(0, ""));
        StringBuilder text = new StringBuilder();
        boolean first = true;
        for (Object element : session.access().elements(value)) {
            String part = session.text(part(session, element, bound.get(1, null)));
            session.budget().text((long) separator.length() + part.length());
            text.append(first ? "" : separator).append(part);
            first = false;
        }
        return text.toString();
    }

    private static Object items(Session session, Object value, Arguments call) {
        call.bind("items");
        if (value instanceof Undefined) {
            return List.of();
        }
        if (value instanceof Map<?, ?> map) {
            return CollectionMethods.items(session, map);
        }
        throw Failure.unsupported("items", value);
    }

    private static Object sortedItems(Session session, Object value, Arguments call) {
        Bound bound = call.bind("dictsort", "case_sensitive", "by", "reverse");
        if (!(value instanceof Map<?, ?> map)) {
            throw Failure.unsupported("dictsort", value);
        }
        int column =
                switch (session.text(bound.get(1, "key"))) {
                    case "key" -> 0;
                    case "value" -> 1;
                    default -> throw new Failure("dictsort() sorts by 'key' or 'value'");
                };
        boolean caseSensitive = bound.truth(0, false);
        return sorted(
                session,
                CollectionMethods.items(session, map),
                item -> sortKey(session, ((Tuple) item).get(column), caseSensitive),
                bound.truth(2, false));
    }

    private static List<Object> sorted(
            Session session, List<Object> elements, UnaryOperator<Object> key, boolean reverse) {
        List<Tuple> keyed = new ArrayList<>();
        elements.forEach(element -> keyed.add(Tuple.pair(key.apply(element), element)));
        Comparator<Tuple> order = (a, b) -> session.comparer().compare(a.get(0), b.get(0));
        keyed.sort(reverse ? order.reversed() : order);
        List<Object> sorted = new ArrayList<>();
        keyed.forEach(pair -> sorted.add(pair.get(1)));
        return sorted;
    }

    private static Object reverse(Session session, Object value, Arguments call) {
        call.bind("reverse");
        if (value instanceof String text) {
            return new StringBuilder(session.made(text)).reverse().toString();
        }
        List<Object> elements = session.access().elements(value);
        Collections.reverse(elements);
        return elements;
    }

    private static Object sort(Session session, Object value, Arguments call) {
        Bound bound = call.bind("sort", "reverse", "case_sensitive", "attribute");
        boolean caseSensitive = bound.truth(1, false);
        Object attribute = bound.get(2, null);
        return sorted(
                session,
                session.access().elements(value),
                element -> sortKey(session, part(session, element, attribute), caseSensitive),
                bound.truth(0, false));
    }

    private static Object unique(Session session, Object value, Arguments call) {
        Bound bound = call.bind("unique", "case_sensitive", "attribute");
        List<Object> seen = new ArrayList<>();
        List<Object> unique = new ArrayList<>();
        for (Object element : session.access().elements(value)) {
            Object part = part(session, element, bound.get(1, null));
            Object key = sortKey(session, part, bound.truth(0, false));
            if (!session.comparer().contains(seen, key)) {
                seen.add(key);
                unique.add(element);
            }
        }
        return unique;
    }

    private static Object extreme(Session session, Object value, Arguments call, int sign) {
        Bound bound = call.bind(sign < 0 ? "min" : "max", "case_sensitive", "attribute");
        Object best = new Undefined("an empty sequence has no least and no greatest element");
        Object bestKey = null;
        for (Object element : session.access().elements(value)) {
            Object part = part(session, element, bound.get(1, null));
            Object key = sortKey(session, part, bound.truth(0, false));
            if (best instanceof Undefined || session.comparer().compare(key, bestKey) * sign > 0) {
                best = element;
                bestKey = key;
            }
        }
        return best;
    }

    private static Object sum(Session session, Object value, Arguments call) {
        Bound bound = call.bind("sum", "attribute", "start");
        Object sum = bound.get(1, 0L);
        for (Object element : session.access().elements(value)) {
            Object part = part(session, element, bound.get(0, null));
            sum = session.arithmetic().binary("+", sum, part);
        }
        return sum;
    }

    private static Object map(Session session, Object value, Arguments call) {
        List<Object> mapped = new ArrayList<>();
        if (call.positional().isEmpty()) {
            Bound bound = call.bind("map", "attribute", "default");
            for (Object element : elementsIfAny(session, value)) {
                mapped.add(part(session, element, bound.require(0), bound.get(1, null)));
            }
            return mapped;
        }
        String filter = session.text(call.positional().get(0));
        Arguments rest = withoutFirst(call, 1);
        for (Object element : elementsIfAny(session, value)) {
            mapped.add(Filters.apply(session, filter, element, rest));
        }
        return mapped;
    }

    private static Arguments withoutFirst(Arguments call, int count) {
        List<Object> positional = call.positional();
        return new Arguments(
                positional.subList(Math.min(count, positional.size()), positional.size()),
                call.named());
    }

    private static Object select(Session session, Object value, Arguments call, boolean wanted) {
        List<Object> selected = new ArrayList<>();
        for (Object element : elementsIfAny(session, value)) {
            if (holds(session, element, call) == wanted) {
                selected.add(element);
            }
        }
        return selected;
    }

    /** Without the name of a test: whether the value is true. */
    private static boolean holds(Session session, Object value, Arguments call) {
        return call.positional().isEmpty()
                ? Values.isTrue(value)
                : Tests.apply(
                        session,
                        session.text(call.positional().get(0)),
                        value,
                        withoutFirst(call, 1));
    }

    private static Object selectByAttribute(
            Session session, Object value, Arguments call, boolean wanted) {
        if (call.positional().isEmpty()) {
            throw new Failure("selectattr() and rejectattr() need the name of an attribute");
        }
        List<Object> selected = new ArrayList<>();
        for (Object element : elementsIfAny(session, value)) {
            Object part = part(session, element, call.positional().get(0));
            if (holds(session, part, withoutFirst(call, 1)) == wanted) {
                selected.add(element);
            }
        }
        return selected;
    }
}
