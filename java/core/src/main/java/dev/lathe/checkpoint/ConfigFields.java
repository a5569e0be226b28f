package dev.lathe.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Typed access to a JSON object; null counts as missing, as it does in transformers. */
final class ConfigFields {
    private final ObjectNode node;
    private final String source;

    /**
     * Wraps an object.
     *
     * @param source what errors call it: a file, or a file and a field
     */
    ConfigFields(ObjectNode node, String source) {
        this.node = node;
        this.source = source;
    }

    String source() {
        return source;
    }

    boolean has(String field) {
        return node.hasNonNull(field);
    }

    Optional<String> text(String field) {
        return value(field, JsonNode::isTextual, "a string").map(JsonNode::textValue);
    }

    Optional<Integer> integer(String field) {
        return value(field, ConfigFields::wholeInt, "a whole number below 2^31")
                .map(JsonNode::intValue);
    }

    int requiredInteger(String field) {
        return integer(field).orElseThrow(() -> missing(field));
    }

    Optional<Double> real(String field) {
        return value(field, JsonNode::isNumber, "a number").map(JsonNode::doubleValue);
    }

    double requiredReal(String field) {
        return real(field).orElseThrow(() -> missing(field));
    }

    boolean flag(String field, boolean otherwise) {
        return value(field, JsonNode::isBoolean, "true or false")
                .map(JsonNode::booleanValue)
                .orElse(otherwise);
    }

    /** Returns the numbers of a field that may hold one number or a list of them. */
    List<Integer> integers(String field) {
        if (!has(field)) {
            return List.of();
        }
        if (!node.get(field).isArray()) {
            return List.of(requiredInteger(field));
        }
        List<Integer> numbers = new ArrayList<>();
        for (JsonNode element : node.get(field)) {
            if (!wholeInt(element)) {
                throw wrong(field, element, "whole numbers below 2^31");
            }
            numbers.add(element.intValue());
        }
        return numbers;
    }

    /** Returns an object within this one; a missing or empty one is empty. */
    Optional<ConfigFields> object(String field) {
        return value(field, JsonNode::isObject, "an object")
                .filter(value -> !value.isEmpty())
                .map(value -> new ConfigFields((ObjectNode) value, source + ": " + field));
    }

    private static boolean wholeInt(JsonNode value) {
        return value.isIntegralNumber() && value.canConvertToInt();
    }

    private Optional<JsonNode> value(String field, Predicate<JsonNode> test, String expected) {
        JsonNode value = node.get(field);
        if (value == null || value.isNull()) {
            return Optional.empty();
        }
        if (!test.test(value)) {
            throw wrong(field, value, expected);
        }
        return Optional.of(value);
    }

    private DataException wrong(String field, JsonNode value, String expected) {
        String text = value.toString();
        String shown = text.length() > 80 ? text.substring(0, 80) + "…" : text;
        return new DataException(
                String.format("%s: '%s' is %s, expected %s", source, field, shown, expected));
    }

    private DataException missing(String field) {
        return new DataException(source + ": '" + field + "' is missing");
    }
}
