package dev.lathe.tokenizer.jinja;

import dev.lathe.tokenizer.jinja.Arguments.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The methods of Python's {@code dict}, {@code list} and {@code tuple} that change nothing. */
final class CollectionMethods {
    private CollectionMethods() {}

    /** The method of a collection, with the collection. */
    static Optional<Function> find(Session session, Object object, String name) {
        if (object instanceof Map<?, ?> map) {
            return Optional.ofNullable(mapMethod(session, map, name));
        }
        return object instanceof List<?> list
                ? Optional.ofNullable(listMethod(session, list, name))
                : Optional.empty();
    }

    private static Function mapMethod(Session session, Map<?, ?> map, String name) {
        return switch (name) {
            case "get" ->
                    arguments -> {
                        Bound bound = arguments.bind("get", "key", "default");
                        Object key = Values.key(bound.require(0));
                        return map.containsKey(key) ? map.get(key) : bound.get(1, null);
                    };
            case "items" ->
                    arguments -> {
                        arguments.bind("items");
                        return items(session, map);
                    };
            case "keys" ->
                    arguments -> {
                        arguments.bind("keys");
                        return session.access().elements(map);
                    };
            case "values" ->
                    arguments -> {
                        arguments.bind("values");
                        session.budget().work(map.size());
                        return new ArrayList<Object>(map.values());
                    };
            case "copy" -> arguments -> map;
            case "update", "pop", "popitem", "clear", "setdefault" -> refused(map, name);
            default -> null;
        };
    }

    /** The entries as tuples. */
    static List<Object> items(Session session, Map<?, ?> map) {
        session.budget().work(map.size());
        List<Object> items = new ArrayList<>(map.size());
        map.forEach((key, value) -> items.add(Tuple.pair(key, value)));
        return items;
    }

    private static Function listMethod(Session session, List<?> list, String name) {
        return switch (name) {
            case "index" ->
                    arguments -> {
                        Object sought = arguments.bind("index", "value").require(0);
                        for (int i = 0; i < list.size(); i++) {
                            if (session.comparer().equal(list.get(i), sought)) {
                                return (long) i;
                            }
                        }
                        throw new Failure("index() found no such element");
                    };
            case "count" ->
                    arguments -> {
                        Object sought = arguments.bind("count", "value").require(0);
                        return list.stream()
                                .filter(element -> session.comparer().equal(element, sought))
                                .count();
                    };
            case "copy" -> arguments -> list;
            case "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse" ->
                    refused(list, name);
            default -> null;
        };
    }

    /** Jinja's immutable sandbox, which transformers uses, refuses these too. */
    private static Function refused(Object object, String name) {
        return arguments -> {
            throw new Failure(
                    "'"
                            + name
                            + "' would change a "
                            + Values.typeName(object)
                            + "; templates may not");
        };
    }
}
