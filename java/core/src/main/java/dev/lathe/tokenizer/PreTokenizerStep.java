package dev.lathe.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A step of a {@code pre_tokenizer} in {@code tokenizer.json}. Only what changes the resulting
 * token ids is kept, so that two files that say the same in different words compare equal.
 */
sealed interface PreTokenizerStep {

    /** Writes the step as the tokenizers library expects it. */
    ObjectNode toJson();

    /** The step in the one spelling in which steps are compared. */
    default PreTokenizerStep canonical() {
        return this;
    }

    /**
     * Splits at every match of a regular expression; matches and what lies between them are pieces.
     *
     * @param expression in the syntax of Oniguruma
     */
    record Split(String expression) implements PreTokenizerStep {
        @Override
        public ObjectNode toJson() {
            ObjectNode json = typed("Split");
            json.putObject("pattern").put("Regex", expression);
            return json.put("behavior", "Isolated").put("invert", false);
        }

        /** Files write line ends as they are or escaped. */
        @Override
        public PreTokenizerStep canonical() {
            return new Split(expression.replace("\\r", "\r").replace("\\n", "\n"));
        }
    }

    /**
     * Splits digits off.
     *
     * @param individual whether every digit is a piece of its own
     */
    record Digits(boolean individual) implements PreTokenizerStep {
        @Override
        public ObjectNode toJson() {
            return typed("Digits").put("individual_digits", individual);
        }
    }

    /** Splits runs of punctuation off. */
    record Punctuation() implements PreTokenizerStep {
        @Override
        public ObjectNode toJson() {
            return typed("Punctuation").put("behavior", "Contiguous");
        }
    }

    /**
     * Writes bytes as the printable characters that byte-level vocabularies are made of.
     *
     * @param split whether the text is first split by GPT-2's expression
     */
    record ByteLevel(boolean split) implements PreTokenizerStep {
        @Override
        public ObjectNode toJson() {
            return typed("ByteLevel")
                    .put("add_prefix_space", false)
                    .put("trim_offsets", true)
                    .put("use_regex", split);
        }
    }

    private static ObjectNode typed(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }

    /**
     * Reads the {@code pre_tokenizer} of a {@code tokenizer.json}.
     *
     * @param json the member's value
     * @return the steps, or empty where one of them is of a kind that byte-level tokenizers of GGUF
     *     do not have
     */
    static Optional<List<PreTokenizerStep>> parse(JsonNode json) {
        List<PreTokenizerStep> steps = new ArrayList<>();
        return collect(json, steps, 0) ? Optional.of(List.copyOf(steps)) : Optional.empty();
    }

    private static boolean collect(JsonNode json, List<PreTokenizerStep> steps, int depth) {
        String type = json.path("type").asText();
        if (type.equals("Sequence") && depth < 8) {
            for (JsonNode part : json.path("pretokenizers")) {
                if (!collect(part, steps, depth + 1)) {
                    return false;
                }
            }
            return true;
        }
        Optional<PreTokenizerStep> step =
                switch (type) {
                    case "Split" -> parseSplit(json);
                    case "Digits" ->
                            Optional.of(new Digits(json.path("individual_digits").asBoolean()));
                    case "Punctuation" ->
                            json.path("behavior").asText().equals("Contiguous")
                                    ? Optional.of(new Punctuation())
                                    : Optional.empty();
                    case "ByteLevel" ->
                            json.path("add_prefix_space").asBoolean()
                                    ? Optional.empty()
                                    : Optional.of(
                                            new ByteLevel(json.path("use_regex").asBoolean(true)));
                    default -> Optional.empty();
                };
        step.ifPresent(steps::add);
        return step.isPresent();
    }

    /**
     * Reads a split. Removing what does not match is the same as isolating what does where the
     * expression matches every text, as those do that end in {@code |\s+}.
     */
    private static Optional<PreTokenizerStep> parseSplit(JsonNode json) {
        JsonNode expression = json.path("pattern").path("Regex");
        String behavior = json.path("behavior").asText();
        boolean invert = json.path("invert").asBoolean();
        boolean isolated = behavior.equals("Isolated");
        boolean matchesAll =
                behavior.equals("Removed") && invert && expression.asText().endsWith("|\\s+");
        return expression.isTextual() && (isolated || matchesAll)
                ? Optional.of(new Split(expression.asText()))
                : Optional.empty();
    }
}
