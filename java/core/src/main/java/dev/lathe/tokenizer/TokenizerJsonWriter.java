package dev.lathe.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import java.util.Optional;

/** Turns a GGUF vocabulary into the files of a Hugging Face folder. */
final class TokenizerJsonWriter {
    private final String source;
    private final GgufVocabulary vocabulary;
    private final PreTokenizer preTokenizer;

    /**
     * Prepares the conversion.
     *
     * @param source file of the vocabulary, for messages
     * @param vocabulary the vocabulary
     * @throws DataException if its pre-tokenizer is unknown
     */
    TokenizerJsonWriter(String source, GgufVocabulary vocabulary) {
        this.source = source;
        this.vocabulary = vocabulary;
        this.preTokenizer =
                PreTokenizer.byName(vocabulary.preTokenizer())
                        .orElseThrow(
                                () ->
                                        new DataException(
                                                String.format(
                                                        "%s: tokenizer.ggml.pre is '%s'; known are"
                                                                + " %s",
                                                        source,
                                                        vocabulary.preTokenizer(),
                                                        PreTokenizer.knownNames())));
    }

    /** Whether a sequence begins with the token for beginnings. */
    boolean addsBos() {
        return vocabulary.addBos().orElse(preTokenizer.beginsByDefault());
    }

    /** Whether a sequence ends with the token for ends. */
    boolean addsEos() {
        return vocabulary.addEos().orElse(false);
    }

    /** Writes {@code tokenizer.json}. */
    ObjectNode tokenizer() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        root.set("normalizer", preTokenizer.normalizer());
        root.set("pre_tokenizer", preTokenizer.toJson());
        root.set("post_processor", postProcessor());
        root.set("decoder", byteLevel());
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE");
        for (String absent :
                new String[] {
                    "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"
                }) {
            model.putNull(absent);
        }
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("ignore_merges", preTokenizer.ignoresMerges());
        putTokens(model.putObject("vocab"), added);
        ArrayNode merges = model.putArray("merges");
        vocabulary.merges().forEach(merges::add);
        return root;
    }

    private void putTokens(ObjectNode target, ArrayNode added) {
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            if (vocabulary.isPadding(id)) {
                continue;
            }
            String token = vocabulary.tokens().get(id);
            if (token.isEmpty() || target.has(token)) {
                throw new DataException(
                        String.format(
                                "%s: token %d ('%s') is empty or given twice", source, id, token));
            }
            target.put(token, id);
            TokenType type = vocabulary.types().get(id);
            if (type.standsAlone()) {
                added.add(addedToken(id, token, type != TokenType.USER_DEFINED));
            }
        }
    }

    private ObjectNode addedToken(int id, String content, boolean special) {
        return describedToken(content, special).put("id", id);
    }

    /**
     * Describes a token. Published files call tokens normalized that are not special, unless they
     * have a normalizer; converters to GGUF take the text of those as it stands.
     */
    private ObjectNode describedToken(String content, boolean special) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("content", content)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", !special && preTokenizer.normalizer().isNull())
                .put("special", special);
    }

    private static ObjectNode byteLevel() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "ByteLevel")
                .put("add_prefix_space", true)
                .put("trim_offsets", false)
                .put("use_regex", true);
    }

    private ObjectNode postProcessor() {
        Optional<String> begin =
                addsBos() ? Optional.of(required(SpecialToken.BOS)) : Optional.empty();
        Optional<String> end =
                addsEos() ? Optional.of(required(SpecialToken.EOS)) : Optional.empty();
        if (begin.isEmpty() && end.isEmpty()) {
            return byteLevel();
        }
        ObjectNode template =
                JsonNodeFactory.instance.objectNode().put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        ArrayNode pair = template.putArray("pair");
        putSequence(single, "A", 0, begin, end);
        putSequence(pair, "A", 0, begin, end);
        putSequence(pair, "B", 1, begin, end);
        ObjectNode tokens = template.putObject("special_tokens");
        begin.ifPresent(token -> putTemplateToken(tokens, token, SpecialToken.BOS));
        end.ifPresent(token -> putTemplateToken(tokens, token, SpecialToken.EOS));
        ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
        sequence.putArray("processors").add(byteLevel()).add(template);
        return sequence;
    }

    private static void putSequence(
            ArrayNode target, String name, int type, Optional<String> begin, Optional<String> end) {
        begin.ifPresent(token -> putPart(target, "SpecialToken", token, type));
        putPart(target, "Sequence", name, type);
        end.ifPresent(token -> putPart(target, "SpecialToken", token, type));
    }

    private static void putPart(ArrayNode target, String kind, String id, int type) {
        target.addObject().putObject(kind).put("id", id).put("type_id", type);
    }

    private void putTemplateToken(ObjectNode target, String token, SpecialToken part) {
        ObjectNode entry = target.putObject(token).put("id", token);
        entry.putArray("ids").add(vocabulary.specialTokens().get(part));
        entry.putArray("tokens").add(token);
    }

    private String required(SpecialToken part) {
        return text(part)
                .orElseThrow(
                        () ->
                                new DataException(
                                        String.format(
                                                "%s: sequences want a %s token but %s is missing",
                                                source, part, part.ggufKey())));
    }

    private Optional<String> text(SpecialToken part) {
        return Optional.ofNullable(vocabulary.specialTokens().get(part))
                .map(id -> vocabulary.tokens().get(id));
    }

    /** Writes {@code tokenizer_config.json}. */
    ObjectNode configuration() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("tokenizer_class", "PreTrainedTokenizerFast");
        root.put("add_bos_token", addsBos());
        root.put("add_eos_token", addsEos());
        root.put("clean_up_tokenization_spaces", false);
        putSpecialTokens(root);
        ObjectNode added = root.putObject("added_tokens_decoder");
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            TokenType type = vocabulary.types().get(id);
            if (type.standsAlone() && !vocabulary.isPadding(id)) {
                added.set(
                        Integer.toString(id),
                        describedToken(
                                vocabulary.tokens().get(id), type != TokenType.USER_DEFINED));
            }
        }
        putTemplates(root);
        return root;
    }

    private void putTemplates(ObjectNode root) {
        String only = vocabulary.chatTemplates().get(GgufVocabulary.DEFAULT_TEMPLATE);
        if (vocabulary.chatTemplates().size() == 1 && only != null) {
            root.put("chat_template", only);
        } else if (!vocabulary.chatTemplates().isEmpty()) {
            ArrayNode list = root.putArray("chat_template");
            vocabulary
                    .chatTemplates()
                    .forEach(
                            (name, text) ->
                                    list.addObject().put("name", name).put("template", text));
        }
    }

    /** Writes {@code special_tokens_map.json}. */
    ObjectNode specialTokensMap() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        putSpecialTokens(root);
        return root;
    }

    private void putSpecialTokens(ObjectNode root) {
        for (SpecialToken part : vocabulary.specialTokens().keySet()) {
            if (part.inConfiguration()) {
                text(part).ifPresent(token -> root.put(part.configurationName(), token));
            }
        }
    }
}
