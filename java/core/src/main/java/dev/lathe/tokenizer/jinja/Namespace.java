package dev.lathe.tokenizer.jinja;

import java.util.Map;

/**
 * The one kind of object whose attributes a template may set; it carries values out of loops.
 *
 * @param attributes values by name
 */
record Namespace(Map<String, Object> attributes) {
    void set(String name, Object value) {
        if (name.startsWith("_")) {
            throw new Failure("a namespace has no place for '" + name + "'");
        }
        attributes.put(name, value);
    }

    Object get(String name) {
        return attributes.containsKey(name)
                ? attributes.get(name)
                : new Undefined("the namespace has no attribute '" + name + "'");
    }
}
