package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import dev.lathe.checkpoint.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Vocabularies that contradict themselves get one line that says where and what. */
class BrokenVocabularyTest {
    private static List<String> tokensWith(int id, String text) {
        List<String> tokens = new ArrayList<>(SmallVocabulary.tokens());
        tokens.set(id, text);
        return tokens;
    }

    private static int[] typesWith(int id, int type) {
        int[] types = SmallVocabulary.types();
        types[id] = type;
        return types;
    }

    private static void split(ObjectNode step, String expression) {
        step.put("type", "Split").put("behavior", "Isolated").put("invert", false);
        step.putObject("pattern").put("Regex", expression);
    }

    private static Arguments gguf(String message, UnaryOperator<GgufMetadata.Builder> change) {
        return arguments(message, change);
    }

    static Stream<Arguments> brokenMetadata() {
        String tokens = "tokenizer.ggml.tokens";
        String types = "tokenizer.ggml.token_type";
        String merges = "tokenizer.ggml.merges";
        return Stream.of(
                gguf(
                        "tokenizer.ggml.model is 'llama', supported is 'gpt2'",
                        builder -> builder.putString("tokenizer.ggml.model", "llama")),
                gguf("'tokenizer.ggml.model'", builder -> builder.remove("tokenizer.ggml.model")),
                gguf(
                        "tokenizer.ggml.pre is 'nope'; known are llama-bpe,",
                        builder -> builder.putString("tokenizer.ggml.pre", "nope")),
                gguf(
                        "tokenizer.ggml.pre is missing",
                        builder -> builder.remove("tokenizer.ggml.pre")),
                gguf("'tokenizer.ggml.tokens'", builder -> builder.remove(tokens)),
                gguf("'tokenizer.ggml.tokens'", builder -> builder.putString(tokens, "x")),
                gguf(
                        "token 98 ('a') is empty or given twice",
                        builder -> builder.putStrings(tokens, tokensWith('b', "a"))),
                gguf(
                        "token 97 ('') is empty or given twice",
                        builder -> builder.putStrings(tokens, tokensWith('a', ""))),
                gguf(
                        "token_type is INT32[1], expected 262 integers",
                        builder -> builder.putInt32s(types, 1)),
                gguf(
                        "token_type is FLOAT32[262], expected 262 integers",
                        builder -> builder.putFloat32s(types, new float[SmallVocabulary.SIZE])),
                gguf(
                        "token_type[97] is 7, expected 1 to 6",
                        builder -> builder.putInt32s(types, typesWith('a', 7))),
                gguf(
                        "token_type[97] is -1, expected 1 to 6",
                        builder -> builder.putInt32s(types, typesWith('a', -1))),
                gguf("'tokenizer.ggml.merges'", builder -> builder.remove(merges)),
                gguf(
                        "merge 0 \"a q\" is not made of two tokens",
                        builder -> builder.putStrings(merges, List.of("a q"))),
                gguf(
                        "merge 1 \"ab\" is not made of two tokens",
                        builder -> builder.putStrings(merges, List.of("h e", "ab"))),
                gguf(
                        "merge 0 \"\" is not made of two tokens",
                        builder -> builder.putStrings(merges, List.of(""))),
                gguf(
                        "merge 1 \"h e\" is given twice",
                        builder -> builder.putStrings(merges, List.of("h e", "h e"))),
                gguf(
                        "tokenizer.ggml.bos_token_id is 262, expected 0 to 261",
                        builder ->
                                builder.putUint32(
                                        "tokenizer.ggml.bos_token_id", SmallVocabulary.SIZE)),
                gguf(
                        "tokenizer.ggml.padding_token_id is 4294967295, expected 0 to 261",
                        builder ->
                                builder.putUint32("tokenizer.ggml.padding_token_id", 0xFFFFFFFFL)),
                gguf(
                        "'tokenizer.ggml.eos_token_id'",
                        builder -> builder.putString("tokenizer.ggml.eos_token_id", "2")),
                gguf(
                        "sequences want a BOS token but tokenizer.ggml.bos_token_id is missing",
                        builder ->
                                builder.remove("tokenizer.ggml.bos_token_id")
                                        .putFlag("tokenizer.ggml.add_bos_token", true)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void brokenMetadata(String message, UnaryOperator<GgufMetadata.Builder> change) {
        GgufMetadata metadata = change.apply(SmallVocabulary.metadata()).build();
        assertOneLine(
                message,
                SmallVocabulary.SOURCE,
                assertThrows(DataException.class, () -> Tokenizer.fromGguf(metadata)));
    }

    private static void assertOneLine(String part, String source, DataException failure) {
        assertTrue(failure.getMessage().contains(part), failure.getMessage());
        assertTrue(failure.getMessage().startsWith(source), failure.getMessage());
        assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
    }

    private static Arguments json(String message, Consumer<ObjectNode> change) {
        return arguments(message, change);
    }

    private static ObjectNode model(ObjectNode root) {
        return (ObjectNode) root.get("model");
    }

    private static ObjectNode vocabulary(ObjectNode root) {
        return (ObjectNode) model(root).get("vocab");
    }

    private static ArrayNode merges(ObjectNode root) {
        return (ArrayNode) model(root).get("merges");
    }

    private static ObjectNode added(ObjectNode root, int index) {
        return (ObjectNode) root.get("added_tokens").get(index);
    }

    static Stream<Arguments> brokenJson() {
        return Stream.of(
                json(
                        "model.type is 'WordPiece', supported is 'BPE'",
                        root -> model(root).put("type", "WordPiece")),
                json("supported is 'BPE' with a vocabulary", root -> root.remove("model")),
                json(
                        "supported is 'BPE' with a vocabulary",
                        root -> model(root).putArray("vocab").addArray().add("a").add(-1.5)),
                json("token 'q' has id -1, expected 0 to", root -> vocabulary(root).put("q", -1)),
                json("token 'q' has id 1.5", root -> vocabulary(root).put("q", 1.5)),
                json(
                        "token 'q' has id 99999999999",
                        root -> vocabulary(root).put("q", 99999999999L)),
                json("token 'q' has id 16777216", root -> vocabulary(root).put("q", 1 << 24)),
                json("token 'q' has id \"7\"", root -> vocabulary(root).put("q", "7")),
                json(
                        "tokens 'a' and 'new' have the same id 97",
                        root -> vocabulary(root).put("new", 97)),
                json(
                        "added token '<s>' has id 300, which model.vocab does not agree with",
                        root -> added(root, 0).put("id", 300)),
                json("and '<s>' have the same id 7", root -> added(root, 0).put("id", 7)),
                json("token '<s>' has id none", root -> added(root, 0).remove("id")),
                json(
                        "added token 'new' has id 259, which model.vocab does not agree with",
                        root -> added(root, 0).put("content", "new")),
                json("is empty or given twice", root -> added(root, 0).put("content", "")),
                json("is empty or given twice", root -> added(root, 1).put("content", "<s>")),
                json(
                        "merge 3 \"a b\" is not made of two tokens that make a third",
                        root -> merges(root).add("a b")),
                json("merge 3 7 is not made of", root -> merges(root).add(7)),
                json("merge 3 [\"h\"] is not", root -> merges(root).addArray().add("h")),
                json(
                        "merge 3 [\"h\",\"e\"] is given twice",
                        root -> merges(root).addArray().add("h").add("e")),
                json(
                        "model.end_of_word_suffix is not supported",
                        root -> model(root).put("end_of_word_suffix", "</w>")),
                json(
                        "'Precompiled' is not supported",
                        root -> root.putObject("normalizer").put("type", "Precompiled")),
                json(
                        "not a usable tokenizer",
                        root -> split(root.putObject("pre_tokenizer"), "[\\p{Nope}]")),
                // Oniguruma gives up on this one, and the library ends the process.
                json(
                        "regular expressions of pre_tokenizer might never end: a repetition without"
                                + " bound before the end in '(t+)+$'",
                        root ->
                                split(
                                        root.putObject("pre_tokenizer")
                                                .put("type", "Sequence")
                                                .putArray("pretokenizers")
                                                .addObject(),
                                        "the|(t+)+$")),
                json(
                        "regular expressions of normalizer might never end",
                        root ->
                                root.putObject("normalizer")
                                        .put("type", "Replace")
                                        .put("content", "")
                                        .putObject("pattern")
                                        .put("Regex", "(t|tt)*h")),
                json(
                        "65 of them, expected at most 64",
                        root -> {
                            ArrayNode steps =
                                    root.putObject("pre_tokenizer")
                                            .put("type", "Sequence")
                                            .putArray("pretokenizers");
                            for (int i = 0; i < 65; i++) {
                                split(steps.addObject(), "t+");
                            }
                        }),
                json(
                        "not a usable tokenizer",
                        root -> root.putObject("pre_tokenizer").put("type", "Nope")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void brokenJson(String message, Consumer<ObjectNode> change, @TempDir Path folder)
            throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = (ObjectNode) mapper.readTree(goodJson());
        change.accept(root);
        Path file = Files.writeString(folder.resolve("tokenizer.json"), root.toString());
        assertOneLine(
                message,
                file.toString(),
                assertThrows(DataException.class, () -> Tokenizer.fromHuggingFace(folder)));
    }

    private static String goodJson() {
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(SmallVocabulary.metadata())) {
            return tokenizer.toTokenizerJson();
        }
    }

    @ParameterizedTest
    @MethodSource
    void brokenFiles(String message, String name, byte[] content, @TempDir Path folder)
            throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), goodJson());
        Files.write(folder.resolve(name), content);
        assertOneLine(
                message,
                folder.resolve(name).toString(),
                assertThrows(DataException.class, () -> Tokenizer.fromHuggingFace(folder)));
    }

    static Stream<Arguments> brokenFiles() {
        String twice = "{\"model\": {\"vocab\": {\"a\": 0, \"a\": 1}, \"merges\": []}}";
        return Stream.of(
                arguments("not valid JSON", "tokenizer.json", "{\"model\": ".getBytes()),
                arguments("not valid JSON", "tokenizer.json", "{} {}".getBytes()),
                arguments("expected a JSON object", "tokenizer.json", "[1]".getBytes()),
                arguments("expected a JSON object", "tokenizer.json", new byte[0]),
                arguments(
                        "not valid JSON: Duplicate field 'a'", "tokenizer.json", twice.getBytes()),
                arguments("not valid UTF-8", "tokenizer.json", new byte[] {(byte) 0xC3}),
                arguments("not valid JSON", "tokenizer_config.json", "{".getBytes()),
                arguments("not valid JSON", "config.json", "nope".getBytes()),
                arguments("not valid UTF-8", "chat_template.jinja", new byte[] {(byte) 0xFF}),
                arguments(
                        "not valid JSON",
                        "tokenizer.json",
                        ("[".repeat(5000) + "]".repeat(5000)).getBytes()));
    }

    @Test
    void folderWithoutTokenizer(@TempDir Path folder) {
        DataException failure =
                assertThrows(DataException.class, () -> Tokenizer.fromHuggingFace(folder));
        assertEquals(
                folder + ": no tokenizer.json; a Hugging Face folder needs it to encode text",
                failure.getMessage());
    }

    @Test
    void whatGgufCannotHold(@TempDir Path folder) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = (ObjectNode) mapper.readTree(goodJson());
        root.putObject("pre_tokenizer").put("type", "Whitespace");
        Path file = Files.writeString(folder.resolve("tokenizer.json"), root.toString());
        try (Tokenizer tokenizer = Tokenizer.fromHuggingFace(folder)) {
            assertOneLine(
                    "pre_tokenizer {\"type\":\"Whitespace\"} (ignore_merges false) has no name in"
                            + " GGUF; known are those of llama-bpe,",
                    file.toString(),
                    assertThrows(DataException.class, tokenizer::toGguf));
        }
        root = (ObjectNode) mapper.readTree(goodJson());
        vocabulary(root).put("a b", SmallVocabulary.SIZE).put(" b", SmallVocabulary.SIZE + 1);
        merges(root).removeAll().addArray().add("a").add(" b");
        Files.writeString(file, root.toString());
        try (Tokenizer tokenizer = Tokenizer.fromHuggingFace(folder)) {
            assertOneLine(
                    "merge 'a  b' has a space in it, which GGUF cannot hold",
                    file.toString(),
                    assertThrows(DataException.class, tokenizer::toGguf));
        }
    }

    @Test
    void templatesThatAreNotWellFormedHurtOnlyThoseWhoAskForThem() {
        GgufMetadata.Builder metadata =
                SmallVocabulary.metadata().putString("tokenizer.chat_template", "{% if %}");
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(metadata)) {
            assertEquals(Map.of("default", "{% if %}"), tokenizer.chatTemplates());
            assertOneLine(
                    "chat template, line 1: expected an expression",
                    SmallVocabulary.SOURCE,
                    assertThrows(DataException.class, tokenizer::chatTemplate));
        }
    }
}
