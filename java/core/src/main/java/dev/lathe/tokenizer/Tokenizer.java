package dev.lathe.tokenizer;

import dev.lathe.DataException;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.GgufCheckpoint;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.checkpoint.SafetensorsCheckpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Turns text into token ids and back, from either checkpoint format and into either.
 *
 * <p>Thread-safe. {@link #close} frees native memory; it waits for calls in progress, and calls
 * after it fail.
 */
public final class Tokenizer implements AutoCloseable {
    private final Origin origin;
    private final TokenizerJson json;
    private final NativeTokenizer encoder;
    private NativeTokenizer plainEncoder;
    private boolean closed;

    /** Where a tokenizer comes from, and thus what is known without conversion. */
    private sealed interface Origin {
        Map<SpecialToken, Integer> specialTokens();

        Map<String, String> chatTemplates();

        boolean addsBos();

        boolean addsEos();
    }

    private record FolderOrigin(TokenizerFolder folder, Map<SpecialToken, Integer> specialTokens)
            implements Origin {
        @Override
        public Map<String, String> chatTemplates() {
            return folder.chatTemplates();
        }

        @Override
        public boolean addsBos() {
            return folder.addsBos();
        }

        @Override
        public boolean addsEos() {
            return folder.addsEos();
        }
    }

    private record GgufOrigin(GgufVocabulary vocabulary, TokenizerJsonWriter writer)
            implements Origin {
        @Override
        public Map<SpecialToken, Integer> specialTokens() {
            return vocabulary.specialTokens();
        }

        @Override
        public Map<String, String> chatTemplates() {
            return vocabulary.chatTemplates();
        }

        @Override
        public boolean addsBos() {
            return writer.addsBos();
        }

        @Override
        public boolean addsEos() {
            return writer.addsEos();
        }
    }

    private Tokenizer(Origin origin, TokenizerJson json) {
        this.origin = origin;
        this.json = json;
        this.encoder = new NativeTokenizer(json.source(), json.forEncoding());
    }

    /**
     * Reads the tokenizer that a checkpoint came with.
     *
     * @param checkpoint a GGUF file or a Hugging Face folder
     * @return the tokenizer
     * @throws DataException if it is missing, contradicts itself or is of a kind that is not
     *     supported
     */
    public static Tokenizer of(Checkpoint checkpoint) {
        if (checkpoint instanceof GgufCheckpoint gguf) {
            return fromGguf(gguf.metadata());
        }
        return fromHuggingFace(((SafetensorsCheckpoint) checkpoint).folder());
    }

    /**
     * Reads the tokenizer of a Hugging Face folder: {@code tokenizer.json} and, where they are
     * there, {@code tokenizer_config.json}, {@code special_tokens_map.json}, {@code
     * chat_template.jinja} and the token ids of {@code config.json}.
     *
     * @param folder the folder
     * @return the tokenizer
     * @throws DataException if {@code tokenizer.json} is missing, contradicts itself or is not BPE
     */
    public static Tokenizer fromHuggingFace(Path folder) {
        TokenizerFolder files = new TokenizerFolder(folder);
        return new Tokenizer(new FolderOrigin(files, files.specialTokens()), files.tokenizer());
    }

    /**
     * Reads the tokenizer of a GGUF file.
     *
     * @param metadata the file's metadata
     * @return the tokenizer
     * @throws DataException if the vocabulary is missing, contradicts itself, or is of a kind other
     *     than byte-level BPE with a known pre-tokenizer
     */
    public static Tokenizer fromGguf(GgufMetadata metadata) {
        return fromGguf(metadata.source(), GgufVocabulary.read(metadata));
    }

    /**
     * Takes the tokenizer that a GGUF vocabulary describes.
     *
     * @param source file of the vocabulary, for messages
     * @param vocabulary the vocabulary
     * @return the tokenizer
     * @throws DataException if the vocabulary contradicts itself or its pre-tokenizer is unknown
     */
    public static Tokenizer fromGguf(String source, GgufVocabulary vocabulary) {
        TokenizerJsonWriter writer = new TokenizerJsonWriter(source, vocabulary);
        TokenizerJson json = TokenizerJson.of(source, writer.tokenizer());
        return new Tokenizer(new GgufOrigin(vocabulary, writer), json);
    }

    /**
     * Encodes text in which special tokens stand for themselves.
     *
     * @param text the text; halves of surrogate pairs are read as U+FFFD
     * @param addSpecial whether the tokens that the model expects around a sequence are added
     * @return token ids
     * @throws IllegalStateException if the tokenizer is closed
     */
    public int[] encode(String text, boolean addSpecial) {
        return encoder.encode(text, addSpecial);
    }

    /**
     * Encodes text.
     *
     * @param text the text; halves of surrogate pairs are read as U+FFFD
     * @param addSpecial whether the tokens that the model expects around a sequence are added
     * @param parseSpecial whether special tokens in the text stand for themselves; false: they are
     *     encoded like any other text, as is right for text that is not trusted
     * @return token ids
     * @throws IllegalStateException if the tokenizer is closed
     */
    public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
        return (parseSpecial ? encoder : plainEncoder()).encode(text, addSpecial);
    }

    private synchronized NativeTokenizer plainEncoder() {
        if (closed) {
            throw new IllegalStateException(json.source() + ": the tokenizer is closed");
        }
        if (plainEncoder == null) {
            plainEncoder = new NativeTokenizer(json.source(), json.forPlainText());
        }
        return plainEncoder;
    }

    /**
     * Decodes token ids.
     *
     * @param ids token ids; those without a token are left out
     * @param skipSpecial whether special tokens are left out
     * @return the text; bytes that are not UTF-8 become U+FFFD
     * @throws IllegalArgumentException if an id is negative
     * @throws IllegalStateException if the tokenizer is closed
     */
    public String decode(int[] ids, boolean skipSpecial) {
        for (int id : ids) {
            if (id < 0) {
                throw new IllegalArgumentException("token id " + id + " is negative");
            }
        }
        return encoder.decode(ids, skipSpecial);
    }

    /**
     * Returns the size of the vocabulary.
     *
     * @return one more than the highest id that has a token
     */
    public int vocabularySize() {
        return json.tokens().size();
    }

    /**
     * Checks that a model can have been made with this tokenizer. Models may have more rows than
     * the vocabulary has tokens, never fewer.
     *
     * @param rows rows of the embedding
     * @throws DataException if there is a token without a row
     */
    public void checkVocabulary(int rows) {
        if (vocabularySize() > rows) {
            throw new DataException(
                    String.format(
                            "%s: the vocabulary has %d tokens but the embedding %d rows",
                            json.source(), vocabularySize(), rows));
        }
    }

    /**
     * Finds the token that plays a part.
     *
     * @param part the part
     * @return its id, or empty where the model has none
     */
    public OptionalInt specialToken(SpecialToken part) {
        Integer id = origin.specialTokens().get(part);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /**
     * Returns the text of a token.
     *
     * @param id its id
     * @return the text as it stands in the vocabulary, or empty where there is no such token
     */
    public Optional<String> token(int id) {
        return id >= 0 && id < vocabularySize()
                ? Optional.ofNullable(json.tokens().get(id))
                : Optional.empty();
    }

    /**
     * Says whether {@link #encode} puts a token before a sequence.
     *
     * @return true if sequences begin with {@link SpecialToken#BOS}
     */
    public boolean addsBos() {
        return origin.addsBos();
    }

    /**
     * Says whether {@link #encode} puts a token after a sequence.
     *
     * @return true if sequences end with {@link SpecialToken#EOS}
     */
    public boolean addsEos() {
        return origin.addsEos();
    }

    /**
     * Returns the chat templates.
     *
     * @return Jinja text by name, the usual one under {@value GgufVocabulary#DEFAULT_TEMPLATE};
     *     unmodifiable
     */
    public Map<String, String> chatTemplates() {
        return Collections.unmodifiableMap(origin.chatTemplates());
    }

    /**
     * Returns the chat template that is used unless another is asked for.
     *
     * @return the template, or empty where the model has none
     * @throws DataException if it is not well formed
     */
    public Optional<ChatTemplate> chatTemplate() {
        return chatTemplate(GgufVocabulary.DEFAULT_TEMPLATE);
    }

    /**
     * Returns a chat template.
     *
     * @param name its name
     * @return the template, or empty where the model has none of that name
     * @throws DataException if it is not well formed
     */
    public Optional<ChatTemplate> chatTemplate(String name) {
        Map<String, String> specialTokens = new LinkedHashMap<>();
        origin.specialTokens()
                .forEach(
                        (part, id) -> {
                            if (part.inConfiguration()) {
                                specialTokens.put(part.configurationName(), json.tokens().get(id));
                            }
                        });
        return Optional.ofNullable(origin.chatTemplates().get(name))
                .map(text -> ChatTemplate.parse(json.source(), text, specialTokens));
    }

    /**
     * Writes the tokenizer as Hugging Face does.
     *
     * @return content of {@code tokenizer.json}; from a folder, as it stands there
     */
    public String toTokenizerJson() {
        return origin instanceof FolderOrigin from
                ? from.folder().files().get(TokenizerFolder.TOKENIZER)
                : json.toString();
    }

    /**
     * Writes all files that a Hugging Face folder needs for its tokenizer.
     *
     * @return content by file name: {@code tokenizer.json}, {@code tokenizer_config.json}, {@code
     *     special_tokens_map.json}; from a folder, those that stand there, as they stand there
     */
    public Map<String, String> toHuggingFace() {
        if (origin instanceof FolderOrigin from) {
            return Collections.unmodifiableMap(from.folder().files());
        }
        TokenizerJsonWriter writer = ((GgufOrigin) origin).writer();
        Map<String, String> files = new LinkedHashMap<>();
        files.put(TokenizerFolder.TOKENIZER, toTokenizerJson());
        files.put(TokenizerFolder.CONFIGURATION, writer.configuration().toPrettyString());
        files.put(TokenizerFolder.SPECIAL_TOKENS, writer.specialTokensMap().toPrettyString());
        return files;
    }

    /**
     * Writes the tokenizer as GGUF metadata. What comes from GGUF is returned as it was read; what
     * comes from a folder follows llama.cpp's converter, down to the added tokens that count as
     * control tokens because they look like them.
     *
     * @return the vocabulary, as long as {@link #vocabularySize}; see {@link
     *     GgufVocabulary#paddedTo}
     * @throws DataException if GGUF has no name for the pre-tokenizer
     */
    public GgufVocabulary toGguf() {
        if (origin instanceof GgufOrigin from) {
            return from.vocabulary();
        }
        List<String> tokens = new ArrayList<>(vocabularySize());
        List<TokenType> types = new ArrayList<>(vocabularySize());
        for (int id = 0; id < vocabularySize(); id++) {
            String text = json.tokens().get(id);
            Optional<TokenizerJson.AddedToken> added = json.added(id);
            if (text == null) {
                tokens.add(GgufVocabulary.padding(id));
                types.add(TokenType.UNUSED);
            } else if (added.isEmpty()) {
                tokens.add(text);
                types.add(TokenType.NORMAL);
            } else if (added.get().special() || looksSpecial(text)) {
                tokens.add(text);
                types.add(TokenType.CONTROL);
            } else {
                tokens.add(text.replace('\u2581', ' '));
                types.add(TokenType.USER_DEFINED);
            }
        }
        return new GgufVocabulary(
                PreTokenizer.nameOf(
                        json.source(), json.preTokenizer(), json.ignoresMerges(), fingerprints()),
                tokens,
                types,
                json.merges().stream().map(this::ggufMerge).toList(),
                origin.specialTokens(),
                Optional.of(addsBos()),
                Optional.of(addsEos()),
                origin.chatTemplates());
    }

    private String ggufMerge(TokenizerJson.Merge merge) {
        if (merge.left().indexOf(' ') >= 0 || merge.right().indexOf(' ') >= 0) {
            throw new DataException(
                    json.source()
                            + ": merge '"
                            + merge
                            + "' has a space in it, which GGUF cannot hold");
        }
        return merge.toString();
    }

    /**
     * Some models do not mark their control tokens as special; the converter knows them by sight.
     */
    private static boolean looksSpecial(String token) {
        return token.equals("<pad>")
                || token.equals("<mask>")
                || token.equals("<2mass>")
                || token.equals("[@BOS@]")
                || token.startsWith("<|") && token.endsWith("|>")
                || token.startsWith("<\uFF5C") && token.endsWith("\uFF5C>")
                || token.startsWith("<unused") && token.endsWith(">");
    }

    private List<String> fingerprints() {
        return List.of(
                fingerprint(encode(PreTokenizer.FINGERPRINT_TEXT, true)),
                fingerprint(encode(PreTokenizer.FINGERPRINT_TEXT, false)));
    }

    private static String fingerprint(int[] ids) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] text = Arrays.toString(ids).getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(digest.digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void close() {
        encoder.close();
        synchronized (this) {
            closed = true;
            if (plainEncoder != null) {
                plainEncoder.close();
            }
        }
    }
}
