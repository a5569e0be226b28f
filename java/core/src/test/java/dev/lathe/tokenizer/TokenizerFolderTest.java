package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The spellings in which Hugging Face folders state the same. */
class TokenizerFolderTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir private Path folder;
    private ObjectNode tokenizer;

    @BeforeEach
    void writeFolder() throws IOException {
        try (Tokenizer small = SmallVocabulary.tokenizer(SmallVocabulary.metadata())) {
            tokenizer = (ObjectNode) MAPPER.readTree(small.toTokenizerJson());
        }
    }

    private Tokenizer read() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
        return Tokenizer.fromHuggingFace(folder);
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
    }

    private void setProcessor(String json) throws IOException {
        tokenizer.set("post_processor", MAPPER.readTree(json));
    }

    private static String template(boolean begin, boolean end) {
        String bos = "{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}, ";
        String eos = ", {\"SpecialToken\": {\"id\": \"</s>\", \"type_id\": 0}}";
        String sequence = "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}";
        String single = "[" + (begin ? bos : "") + sequence + (end ? eos : "") + "]";
        return "{\"type\": \"TemplateProcessing\", \"single\": "
                + single
                + ", \"pair\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}},"
                + " {\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}], \"special_tokens\": {"
                + "\"<s>\": {\"id\": \"<s>\", \"ids\": [259], \"tokens\": [\"<s>\"]},"
                + "\"</s>\": {\"id\": \"</s>\", \"ids\": [260], \"tokens\": [\"</s>\"]}}}";
    }

    static Stream<Arguments> configurations() {
        String bytes =
                "{\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": false}";
        String both = "{\"add_bos_token\": true, \"add_eos_token\": true, \"bos_token\": \"<s>\"}";
        return Stream.of(
                arguments("null", "{}", false, false),
                arguments("null", both, true, true),
                arguments(bytes, both, false, false),
                arguments(template(true, false), "{}", true, false),
                arguments(template(true, true), "{}", true, true),
                arguments(template(false, true), "{}", false, true),
                arguments(
                        "{\"type\": \"Sequence\", \"processors\": ["
                                + bytes
                                + ", "
                                + template(true, false)
                                + "]}",
                        "{}",
                        true,
                        false));
    }

    @ParameterizedTest
    @MethodSource
    void configurations(String processor, String configuration, boolean begins, boolean ends)
            throws IOException {
        setProcessor(processor);
        write("tokenizer_config.json", configuration);
        try (Tokenizer read = read()) {
            GgufVocabulary vocabulary = read.toGguf();
            assertEquals(begins, vocabulary.addBos().orElseThrow());
            assertEquals(ends, vocabulary.addEos().orElseThrow());
        }
    }

    @Test
    void findsSpecialTokensInEveryPlace() throws IOException {
        write(
                "tokenizer_config.json",
                "{\"bos_token\": {\"content\": \"<s>\"}, \"unk_token\": null,"
                        + " \"pad_token\": \"not in the vocabulary\"}");
        write("special_tokens_map.json", "{\"eos_token\": \"</s>\", \"bos_token\": \"</s>\"}");
        write(
                "config.json",
                "{\"bos_token_id\": 1, \"eos_token_id\": [1, 2], \"pad_token_id\": 7,"
                        + " \"mask_token_id\": 999, \"text_config\": {\"sep_token_id\": 8}}");
        try (Tokenizer read = read()) {
            assertEquals(
                    Map.of(
                            SpecialToken.BOS,
                            SmallVocabulary.BEGIN,
                            SpecialToken.EOS,
                            SmallVocabulary.END,
                            SpecialToken.PADDING,
                            7,
                            SpecialToken.SEPARATOR,
                            8),
                    read.toGguf().specialTokens());
        }
    }

    @Test
    void findsSpecialTokensInTheTemplateAlone() throws IOException {
        setProcessor(template(true, true));
        try (Tokenizer read = read()) {
            assertEquals(
                    Map.of(
                            SpecialToken.BOS, SmallVocabulary.BEGIN,
                            SpecialToken.EOS, SmallVocabulary.END),
                    read.toGguf().specialTokens());
        }
    }

    @Test
    void readsChatTemplatesFromEveryPlace() throws IOException {
        try (Tokenizer read = read()) {
            assertEquals(Map.of(), read.chatTemplates());
        }
        write("tokenizer_config.json", "{\"chat_template\": \"one\"}");
        try (Tokenizer read = read()) {
            assertEquals(Map.of("default", "one"), read.chatTemplates());
        }
        write(
                "tokenizer_config.json",
                "{\"chat_template\": [{\"name\": \"default\", \"template\": \"two\"},"
                        + " {\"name\": \"rag\", \"template\": \"three\"}, {\"name\": 1}]}");
        try (Tokenizer read = read()) {
            assertEquals(Map.of("default", "two", "rag", "three"), read.chatTemplates());
            assertEquals("three", read.chatTemplate("rag").orElseThrow().render(List.of(), false));
        }
        write("chat_template.jinja", "four");
        try (Tokenizer read = read()) {
            assertEquals(Map.of("default", "four", "rag", "three"), read.chatTemplates());
        }
    }

    @Test
    void readsMergesInBothSpellings() throws IOException {
        try (Tokenizer read = read()) {
            assertEquals(SmallVocabulary.merges(), read.toGguf().merges());
        }
        ArrayNode pairs = ((ObjectNode) tokenizer.get("model")).putArray("merges");
        for (String merge : SmallVocabulary.merges()) {
            String[] parts = merge.split(" ");
            pairs.addArray().add(parts[0]).add(parts[1]);
        }
        try (Tokenizer read = read()) {
            assertEquals(SmallVocabulary.merges(), read.toGguf().merges());
            assertArrayEquals(new int[] {SmallVocabulary.THE}, read.encode(" the", false));
        }
    }

    @Test
    void cutsAndPadsNothing() throws IOException {
        tokenizer.set(
                "truncation",
                MAPPER.readTree(
                        "{\"direction\": \"Right\", \"max_length\": 2, \"strategy\":"
                                + " \"LongestFirst\", \"stride\": 0}"));
        tokenizer.set(
                "padding",
                MAPPER.readTree(
                        "{\"strategy\": {\"Fixed\": 9}, \"direction\": \"Right\","
                                + " \"pad_to_multiple_of\": null, \"pad_id\": 0,"
                                + " \"pad_type_id\": 0, \"pad_token\": \"x\"}"));
        try (Tokenizer read = read()) {
            assertEquals(4, read.encode("abcd", false).length);
            assertEquals(4, read.encode("abcd", false, false).length);
        }
    }

    @Test
    void addedTokensBesideTheVocabularyKeepTheirIds() throws IOException {
        ObjectNode vocabulary = (ObjectNode) tokenizer.get("model").get("vocab");
        for (JsonNode token : tokenizer.get("added_tokens")) {
            vocabulary.remove(token.get("content").asText());
        }
        try (Tokenizer read = read()) {
            assertEquals(SmallVocabulary.SIZE, read.vocabularySize());
            int[] think = {SmallVocabulary.THINK};
            assertArrayEquals(think, read.encode("<think>", false));
            assertArrayEquals(think, read.encode("<think>", false, false));
            assertEquals(4, read.encode("</s>", false, false).length);
            assertEquals(SmallVocabulary.tokens(), read.toGguf().tokens());
        }
    }

    @Test
    void typesFollowWhatTokensLookLike() throws IOException {
        ObjectNode vocabulary = (ObjectNode) tokenizer.get("model").get("vocab");
        ArrayNode added = (ArrayNode) tokenizer.get("added_tokens");
        int id = SmallVocabulary.SIZE;
        for (String token :
                List.of(
                        "<|x|>",
                        "<\uFF5Cx\u2581y\uFF5C>",
                        "<unused7>",
                        "<pad>",
                        "\u2581z",
                        "[X]")) {
            vocabulary.put(token, id);
            added.addObject()
                    .put("id", id++)
                    .put("content", token)
                    .put("special", false)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", true);
        }
        try (Tokenizer read = read()) {
            GgufVocabulary gguf = read.toGguf();
            TokenType control = TokenType.CONTROL;
            TokenType user = TokenType.USER_DEFINED;
            assertEquals(
                    List.of(control, control, control, control, user, user),
                    gguf.types().subList(SmallVocabulary.SIZE, id));
            assertEquals(
                    List.of("<|x|>", "<\uFF5Cx\u2581y\uFF5C>", "<unused7>", "<pad>", " z", "[X]"),
                    gguf.tokens().subList(SmallVocabulary.SIZE, id));
        }
    }
}
