package dev.lathe.tokenizer;

import dev.lathe.DataException;
import dev.lathe.checkpoint.GgufArray;
import dev.lathe.checkpoint.GgufMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A byte-level BPE vocabulary in the form of GGUF's metadata: the keys {@code tokenizer.*}.
 *
 * @param preTokenizer value of {@code tokenizer.ggml.pre}
 * @param tokens text of each token, by id; normal tokens in the byte-level alphabet, all others as
 *     they stand in text
 * @param types kind of each token, by id
 * @param merges pairs of tokens, separated by a space, most important first
 * @param specialTokens ids of the tokens that play a part
 * @param addBos whether a sequence begins with the {@link SpecialToken#BOS} token; empty: as the
 *     pre-tokenizer has it
 * @param addEos whether a sequence ends with the {@link SpecialToken#EOS} token; empty: no
 * @param chatTemplates templates by name; the one to use unless told otherwise is called {@value
 *     #DEFAULT_TEMPLATE}
 */
public record GgufVocabulary(
        String preTokenizer,
        List<String> tokens,
        List<TokenType> types,
        List<String> merges,
        Map<SpecialToken, Integer> specialTokens,
        Optional<Boolean> addBos,
        Optional<Boolean> addEos,
        Map<String, String> chatTemplates) {

    /** Name of the chat template that is used unless another is asked for. */
    public static final String DEFAULT_TEMPLATE = "default";

    private static final String MODEL = "tokenizer.ggml.model";
    private static final String PRE = "tokenizer.ggml.pre";
    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String TYPES = "tokenizer.ggml.token_type";
    private static final String MERGES = "tokenizer.ggml.merges";
    private static final String ADD_BOS = "tokenizer.ggml.add_bos_token";
    private static final String ADD_EOS = "tokenizer.ggml.add_eos_token";
    private static final String TEMPLATE = "tokenizer.chat_template";
    private static final String TEMPLATE_NAMES = "tokenizer.chat_templates";
    private static final String BYTE_LEVEL_BPE = "gpt2";

    /**
     * Takes unmodifiable views.
     *
     * @param preTokenizer the component
     * @param tokens the component
     * @param types the component
     * @param merges the component
     * @param specialTokens the component
     * @param addBos the component
     * @param addEos the component
     * @param chatTemplates the component
     * @throws IllegalArgumentException if there is not one type for each token
     */
    public GgufVocabulary {
        if (tokens.size() != types.size()) {
            throw new IllegalArgumentException(
                    tokens.size() + " tokens but " + types.size() + " types");
        }
        tokens = Collections.unmodifiableList(tokens);
        types = Collections.unmodifiableList(types);
        merges = Collections.unmodifiableList(merges);
        specialTokens = Collections.unmodifiableMap(new EnumMap<>(specialTokens));
        chatTemplates = Collections.unmodifiableMap(new LinkedHashMap<>(chatTemplates));
    }

    /**
     * Reads the vocabulary of a GGUF file.
     *
     * @param metadata the file's metadata
     * @return the vocabulary
     * @throws DataException if it is missing, contradicts itself or is of a kind other than
     *     byte-level BPE
     */
    public static GgufVocabulary read(GgufMetadata metadata) {
        String source = metadata.source();
        String model = metadata.string(MODEL);
        if (!model.equals(BYTE_LEVEL_BPE)) {
            throw new DataException(
                    String.format(
                            "%s: %s is '%s', supported is '%s' (byte-level BPE) alone",
                            source, MODEL, model, BYTE_LEVEL_BPE));
        }
        String pre =
                metadata.findString(PRE)
                        .orElseThrow(
                                () ->
                                        new DataException(
                                                String.format(
                                                        "%s: %s is missing; without it the text"
                                                                + " cannot be split as the model"
                                                                + " expects",
                                                        source, PRE)));
        List<String> tokens = List.of(metadata.strings(TOKENS).toArray(String[]::new));
        List<TokenType> types = readTypes(metadata, tokens.size());
        Map<SpecialToken, Integer> special = new EnumMap<>(SpecialToken.class);
        for (SpecialToken part : SpecialToken.values()) {
            Optional<Long> id = metadata.findInteger(part.ggufKey());
            if (id.isPresent()) {
                special.put(part, checkedId(source, part, id.get(), tokens.size()));
            }
        }
        return new GgufVocabulary(
                pre,
                tokens,
                types,
                List.of(metadata.strings(MERGES).toArray(String[]::new)),
                special,
                metadata.findFlag(ADD_BOS),
                metadata.findFlag(ADD_EOS),
                readTemplates(metadata));
    }

    private static List<TokenType> readTypes(GgufMetadata metadata, int tokens) {
        Optional<GgufArray.Numbers> numbers = metadata.findNumbers(TYPES);
        TokenType[] types = new TokenType[tokens];
        Arrays.fill(types, TokenType.NORMAL);
        if (numbers.isEmpty()) {
            return List.of(types);
        }
        String source = metadata.source();
        if (!numbers.get().elementType().whole() || numbers.get().size() != tokens) {
            throw new DataException(
                    String.format(
                            "%s: %s is %s, expected %d integers, one a token",
                            source, TYPES, numbers.get(), tokens));
        }
        for (int id = 0; id < tokens; id++) {
            long number = numbers.get().longAt(id);
            int at = id;
            types[id] =
                    TokenType.byId(number)
                            .orElseThrow(
                                    () ->
                                            new DataException(
                                                    String.format(
                                                            "%s: %s[%d] is %d, expected 1 to %d",
                                                            source,
                                                            TYPES,
                                                            at,
                                                            number,
                                                            TokenType.values().length)));
        }
        return List.of(types);
    }

    private static int checkedId(String source, SpecialToken part, long id, int tokens) {
        if (id < 0 || id >= tokens) {
            throw new DataException(
                    String.format(
                            "%s: %s is %d, expected 0 to %d",
                            source, part.ggufKey(), id, tokens - 1));
        }
        return (int) id;
    }

    private static Map<String, String> readTemplates(GgufMetadata metadata) {
        Map<String, String> templates = new LinkedHashMap<>();
        metadata.findString(TEMPLATE).ifPresent(text -> templates.put(DEFAULT_TEMPLATE, text));
        for (String name : metadata.findStrings(TEMPLATE_NAMES).orElse(List.of())) {
            metadata.findString(TEMPLATE + "." + name).ifPresent(text -> templates.put(name, text));
        }
        return templates;
    }

    /**
     * Writes the vocabulary, in the order of llama.cpp's converter.
     *
     * @param target metadata that the keys are added to
     */
    public void writeTo(GgufMetadata.Builder target) {
        target.putString(MODEL, BYTE_LEVEL_BPE);
        target.putString(PRE, preTokenizer);
        target.putStrings(TOKENS, tokens);
        target.putInt32s(TYPES, types.stream().mapToInt(TokenType::id).toArray());
        target.putStrings(MERGES, merges);
        specialTokens.forEach((part, id) -> target.putUint32(part.ggufKey(), id));
        addBos.ifPresent(value -> target.putFlag(ADD_BOS, value));
        addEos.ifPresent(value -> target.putFlag(ADD_EOS, value));
        List<String> named = new ArrayList<>(chatTemplates.keySet());
        named.remove(DEFAULT_TEMPLATE);
        named.forEach(name -> target.putString(TEMPLATE + "." + name, chatTemplates.get(name)));
        if (!named.isEmpty()) {
            target.putStrings(TEMPLATE_NAMES, named);
        }
        Optional.ofNullable(chatTemplates.get(DEFAULT_TEMPLATE))
                .ifPresent(text -> target.putString(TEMPLATE, text));
    }

    /**
     * Brings the vocabulary to the size of the embedding, filling up with unused tokens.
     *
     * @param rows rows of the embedding
     * @return this vocabulary or a longer one
     * @throws DataException if there are more tokens than rows
     */
    public GgufVocabulary paddedTo(int rows) {
        if (tokens.size() > rows) {
            throw new DataException(
                    String.format(
                            "the vocabulary has %d tokens but the embedding %d rows",
                            tokens.size(), rows));
        }
        if (tokens.size() == rows) {
            return this;
        }
        List<String> longer = new ArrayList<>(tokens);
        List<TokenType> longerTypes = new ArrayList<>(types);
        for (int id = tokens.size(); id < rows; id++) {
            longer.add(padding(id));
            longerTypes.add(TokenType.UNUSED);
        }
        return new GgufVocabulary(
                preTokenizer,
                longer,
                longerTypes,
                merges,
                specialTokens,
                addBos,
                addEos,
                chatTemplates);
    }

    /** The text that converters give to an id without a token. */
    static String padding(int id) {
        return "[PAD" + id + "]";
    }

    /**
     * Whether an id has no token; earlier converters declared the text that stands for it
     * user-defined.
     */
    boolean isPadding(int id) {
        TokenType type = types.get(id);
        return (type == TokenType.UNUSED || type == TokenType.USER_DEFINED)
                && tokens.get(id).equals(padding(id));
    }
}
