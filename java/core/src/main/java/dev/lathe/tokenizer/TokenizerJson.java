package dev.lathe.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A {@code tokenizer.json} whose vocabulary has been checked: every id in range and given once,
 * every merge made of tokens. Native code reads such a file after this class has, so what could
 * make that code stop the process is refused here.
 */
final class TokenizerJson {
    /** No vocabulary comes near; keeps an id from a broken file from asking for gigabytes. */
    private static final int MAXIMUM_TOKENS = 1 << 24;

    /** Published tokenizers have six at most. */
    private static final int MAXIMUM_EXPRESSIONS = 64;

    private final String source;
    private final ObjectNode root;
    private final List<String> tokens;
    private final Map<Integer, AddedToken> addedTokens;
    private final List<Merge> merges;

    /**
     * A token that is searched for in the text before anything else is done to it.
     *
     * @param id its id
     * @param content its text
     * @param special whether it is left out of decoded text on demand
     */
    record AddedToken(int id, String content, boolean special) {}

    private TokenizerJson(String source, ObjectNode root) {
        this.source = source;
        this.root = root;
        checkKind();
        checkExpressions();
        this.addedTokens = readAddedTokens();
        this.tokens = readTokens();
        this.merges = readMerges();
    }

    /**
     * Checks a tokenizer.
     *
     * @param source file, for messages
     * @param json content of the file
     * @throws DataException if the vocabulary contradicts itself or is not BPE
     */
    static TokenizerJson of(String source, JsonNode json) {
        if (!(json instanceof ObjectNode object)) {
            throw new DataException(
                    source + ": expected a JSON object, found " + json.getNodeType());
        }
        return new TokenizerJson(source, object);
    }

    private void checkKind() {
        JsonNode model = root.path("model");
        String type = model.path("type").asText("BPE");
        if (!type.equals("BPE") || !model.path("vocab").isObject()) {
            throw new DataException(
                    String.format(
                            "%s: model.type is '%s', supported is 'BPE' with a vocabulary",
                            source, type));
        }
        for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            if (!model.path(affix).asText("").isEmpty() && !model.path(affix).isNull()) {
                throw new DataException(
                        String.format("%s: model.%s is not supported", source, affix));
            }
        }
        if (root.path("normalizer").findValuesAsText("type").contains("Precompiled")) {
            throw new DataException(
                    source + ": a normalizer of type 'Precompiled' is not supported");
        }
    }

    /** Refuses regular expressions that could keep the native code busy without end. */
    private void checkExpressions() {
        int count = 0;
        for (String part : List.of("normalizer", "pre_tokenizer", "post_processor", "decoder")) {
            for (String expression : root.path(part).findValuesAsText("Regex")) {
                ExpressionCheck.objection(expression)
                        .ifPresent(objection -> refuse(part, objection));
                count++;
            }
        }
        if (count > MAXIMUM_EXPRESSIONS) {
            refuse("its parts", count + " of them, expected at most " + MAXIMUM_EXPRESSIONS);
        }
    }

    private void refuse(String part, String objection) {
        throw new DataException(
                String.format(
                        "%s: regular expressions of %s might never end: %s",
                        source, part, objection));
    }

    private Map<Integer, AddedToken> readAddedTokens() {
        Map<Integer, AddedToken> added = new TreeMap<>();
        Set<String> contents = new HashSet<>();
        for (JsonNode json : root.path("added_tokens")) {
            String content = json.path("content").asText("");
            int id = checkedId(content, json.path("id"));
            AddedToken before =
                    added.put(id, new AddedToken(id, content, json.path("special").asBoolean()));
            if (content.isEmpty() || before != null || !contents.add(content)) {
                throw new DataException(
                        String.format(
                                "%s: added token '%s' (id %d) is empty or given twice",
                                source, content, id));
            }
        }
        return added;
    }

    private List<String> readTokens() {
        Map<Integer, String> byId = new HashMap<>();
        int size = 0;
        Iterator<Map.Entry<String, JsonNode>> entries = root.path("model").path("vocab").fields();
        while (entries.hasNext()) {
            Map.Entry<String, JsonNode> entry = entries.next();
            int id = checkedId(entry.getKey(), entry.getValue());
            put(byId, id, entry.getKey());
            size = Math.max(size, id + 1);
        }
        Set<String> normal = new HashSet<>(byId.values());
        for (AddedToken token : addedTokens.values()) {
            if (normal.contains(token.content()) != byId.containsKey(token.id())) {
                throw new DataException(
                        String.format(
                                "%s: added token '%s' has id %d, which model.vocab does not agree"
                                        + " with",
                                source, token.content(), token.id()));
            }
            put(byId, token.id(), token.content());
            size = Math.max(size, token.id() + 1);
        }
        List<String> tokens = new ArrayList<>(size);
        for (int id = 0; id < size; id++) {
            tokens.add(byId.get(id));
        }
        return tokens;
    }

    private void put(Map<Integer, String> byId, int id, String token) {
        String before = byId.put(id, token);
        if (before != null && !before.equals(token)) {
            throw new DataException(
                    String.format(
                            "%s: tokens '%s' and '%s' have the same id %d",
                            source, before, token, id));
        }
    }

    private int checkedId(String token, JsonNode id) {
        if (!id.isInt() || id.intValue() < 0 || id.intValue() >= MAXIMUM_TOKENS) {
            throw new DataException(
                    String.format(
                            "%s: token '%s' has id %s, expected 0 to %d",
                            source, token, id.isMissingNode() ? "none" : id, MAXIMUM_TOKENS - 1));
        }
        return id.intValue();
    }

    /** Reads both spellings: "left right", and since 2024 ["left", "right"]. */
    private List<Merge> readMerges() {
        JsonNode vocabulary = root.path("model").path("vocab");
        List<Merge> list = new ArrayList<>();
        Set<Merge> seen = new HashSet<>();
        for (JsonNode json : root.path("model").path("merges")) {
            Optional<Merge> merge = Merge.parse(json);
            if (merge.isEmpty() || !merge.get().isMadeOf(vocabulary)) {
                throw new DataException(
                        String.format(
                                "%s: merge %d %s is not made of two tokens that make a third",
                                source, list.size(), json));
            }
            if (!seen.add(merge.get())) {
                throw new DataException(
                        String.format("%s: merge %d %s is given twice", source, list.size(), json));
            }
            list.add(merge.get());
        }
        return list;
    }

    /**
     * Two tokens that become one.
     *
     * @param left first token
     * @param right second token
     */
    record Merge(String left, String right) {
        static Optional<Merge> parse(JsonNode json) {
            if (json.isArray() && json.size() == 2) {
                return Optional.of(new Merge(json.get(0).asText(), json.get(1).asText()));
            }
            String text = json.asText();
            int space = text.indexOf(' ', 1);
            return json.isTextual() && space > 0
                    ? Optional.of(new Merge(text.substring(0, space), text.substring(space + 1)))
                    : Optional.empty();
        }

        boolean isMadeOf(JsonNode vocabulary) {
            return vocabulary.has(left) && vocabulary.has(right) && vocabulary.has(left + right);
        }

        @Override
        public String toString() {
            return left + " " + right;
        }
    }

    String source() {
        return source;
    }

    /** Text of each token by id; null where an id has none. */
    List<String> tokens() {
        return tokens;
    }

    Optional<AddedToken> added(int id) {
        return Optional.ofNullable(addedTokens.get(id));
    }

    /** The id of a token that is searched for in the text. */
    Optional<Integer> addedId(String content) {
        return addedTokens.values().stream()
                .filter(token -> token.content().equals(content))
                .map(AddedToken::id)
                .findFirst();
    }

    List<Merge> merges() {
        return merges;
    }

    JsonNode preTokenizer() {
        return root.path("pre_tokenizer");
    }

    boolean ignoresMerges() {
        return root.path("model").path("ignore_merges").asBoolean();
    }

    /** The steps after encoding, nested sequences taken apart. */
    List<JsonNode> postProcessors() {
        JsonNode processor = root.path("post_processor");
        List<JsonNode> list = new ArrayList<>();
        processor.path("processors").forEach(list::add);
        return list.isEmpty() && processor.isObject() ? List.of(processor) : list;
    }

    /** What the native code is to read: the file without its wish to cut and pad every sequence. */
    String forEncoding() {
        return uncut().toString();
    }

    /** The same for text whose special tokens are plain text. */
    String forPlainText() {
        ObjectNode json = uncut();
        ObjectNode model = copy(root.path("model"));
        ObjectNode vocabulary = copy(model.path("vocab"));
        ArrayNode kept = json.putArray("added_tokens");
        for (JsonNode token : root.path("added_tokens")) {
            if (!token.path("special").asBoolean()) {
                kept.add(token);
                // Without the tokens left out, ids that are counted up would shift; these are
                // looked up.
                vocabulary.put(token.path("content").asText(), token.path("id").intValue());
            }
        }
        model.set("vocab", vocabulary);
        json.set("model", model);
        return json.toString();
    }

    private ObjectNode uncut() {
        ObjectNode json = copy(root);
        json.putNull("truncation");
        json.putNull("padding");
        return json;
    }

    /** Copies the members, which stay shared: vocabularies are large. */
    private static ObjectNode copy(JsonNode json) {
        ObjectNode copy = JsonNodeFactory.instance.objectNode();
        copy.setAll((ObjectNode) json);
        return copy;
    }

    @Override
    public String toString() {
        return root.toString();
    }
}
