package dev.lathe.tokenizer.jinja;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.RandomAccess;

/** Python's tuple: a list that prints in parentheses and can be the key of a mapping. */
final class Tuple extends AbstractList<Object> implements RandomAccess {
    private final List<Object> elements;

    Tuple(List<Object> elements) {
        this.elements = Collections.unmodifiableList(elements);
    }

    /** A key and a value, which may be Python's {@code None}. */
    static Tuple pair(Object key, Object value) {
        return new Tuple(Arrays.asList(key, value));
    }

    @Override
    public Object get(int index) {
        return elements.get(index);
    }

    @Override
    public int size() {
        return elements.size();
    }
}
