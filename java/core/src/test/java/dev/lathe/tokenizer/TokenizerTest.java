package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.DataException;
import dev.lathe.checkpoint.GgufMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
    private static final int H = 'h';

    @Test
    void encodesBytesMergesAndTokens() {
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(SmallVocabulary.metadata())) {
            assertArrayEquals(
                    new int[] {H, SmallVocabulary.THE, SmallVocabulary.THINK, 0xC3, 0xA9},
                    tokenizer.encode("h the<think>\u00e9", false));
            assertArrayEquals(
                    new int[] {SmallVocabulary.END, '\n'}, tokenizer.encode("</s>\n", false));
            assertArrayEquals(
                    new int[] {'<', '/', 's', '>', SmallVocabulary.THINK},
                    tokenizer.encode("</s><think>", false, false));
            assertArrayEquals(new int[0], tokenizer.encode("", false));
            assertArrayEquals(new int[] {0}, tokenizer.encode("\0", false));
        }
    }

    @Test
    void decodesBytesMergesAndTokens() {
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(SmallVocabulary.metadata())) {
            int[] ids = {SmallVocabulary.BEGIN, H, SmallVocabulary.THE, SmallVocabulary.THINK, 999};
            assertEquals("<s>h the<think>", tokenizer.decode(ids, false));
            assertEquals("h the<think>", tokenizer.decode(ids, true));
            assertEquals("\uFFFD", tokenizer.decode(new int[] {0xC3}, true));
            assertThrows(
                    IllegalArgumentException.class, () -> tokenizer.decode(new int[] {-1}, true));
        }
    }

    @Test
    void readsHalvesOfSurrogatePairsAsReplacementCharacters() {
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(SmallVocabulary.metadata())) {
            int[] replacement = tokenizer.encode("\uFFFDa\uFFFD\uFFFD", false);
            assertArrayEquals(replacement, tokenizer.encode("\uD83Da\uDE80\uD83D", false));
            String whole = "\uD83D\uDE80";
            assertEquals(whole, tokenizer.decode(tokenizer.encode(whole, false), false));
        }
    }

    @Test
    void surroundsSequencesAsTheModelExpects() {
        GgufMetadata.Builder both =
                SmallVocabulary.metadata()
                        .putFlag("tokenizer.ggml.add_bos_token", true)
                        .putFlag("tokenizer.ggml.add_eos_token", true);
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(both)) {
            int[] expected = {SmallVocabulary.BEGIN, H, SmallVocabulary.END};
            assertArrayEquals(expected, tokenizer.encode("h", true));
            assertArrayEquals(expected, tokenizer.encode("h", true, false));
            assertArrayEquals(new int[] {H}, tokenizer.encode("h", false));
            assertTrue(tokenizer.addsBos() && tokenizer.addsEos());
        }
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(SmallVocabulary.metadata())) {
            assertArrayEquals(new int[] {H}, tokenizer.encode("h", true));
            assertFalse(tokenizer.addsBos() || tokenizer.addsEos());
        }
        GgufMetadata.Builder byDefault =
                SmallVocabulary.metadata().putString("tokenizer.ggml.pre", "llama-bpe");
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(byDefault)) {
            assertArrayEquals(new int[] {SmallVocabulary.BEGIN, H}, tokenizer.encode("h", true));
        }
    }

    @Test
    void takesWholePiecesWhereThePreTokenizerIgnoresMerges() {
        GgufMetadata.Builder noMerges =
                SmallVocabulary.metadata().putStrings("tokenizer.ggml.merges", List.of());
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(noMerges)) {
            assertEquals(4, tokenizer.encode(" the", false).length);
        }
        noMerges.putString("tokenizer.ggml.pre", "llama-bpe");
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(noMerges)) {
            assertArrayEquals(new int[] {SmallVocabulary.THE}, tokenizer.encode(" the", false));
        }
    }

    @Test
    void knowsItsTokens() {
        try (Tokenizer tokenizer = SmallVocabulary.tokenizer(SmallVocabulary.metadata())) {
            assertEquals(SmallVocabulary.SIZE, tokenizer.vocabularySize());
            assertEquals(
                    OptionalInt.of(SmallVocabulary.BEGIN),
                    tokenizer.specialToken(SpecialToken.BOS));
            assertEquals(OptionalInt.empty(), tokenizer.specialToken(SpecialToken.PADDING));
            assertEquals(Optional.of("<think>"), tokenizer.token(SmallVocabulary.THINK));
            assertEquals(Optional.empty(), tokenizer.token(SmallVocabulary.SIZE));
            assertEquals(Optional.empty(), tokenizer.token(-1));
            tokenizer.checkVocabulary(SmallVocabulary.SIZE);
            tokenizer.checkVocabulary(SmallVocabulary.SIZE + 64);
            DataException tooFew =
                    assertThrows(
                            DataException.class,
                            () -> tokenizer.checkVocabulary(SmallVocabulary.SIZE - 1));
            assertEquals(
                    "metadata: the vocabulary has 262 tokens but the embedding 261 rows",
                    tooFew.getMessage());
        }
    }

    @Test
    void leavesPaddingOutOfFoldersAndPutsItBack(@TempDir Path folder) {
        List<String> tokens = SmallVocabulary.tokens();
        tokens.add(SmallVocabulary.THINK, "[PAD" + SmallVocabulary.THINK + "]");
        tokens.add("[PAD" + tokens.size() + "]");
        int[] types = Arrays.copyOf(SmallVocabulary.types(), tokens.size());
        types[SmallVocabulary.THINK] = TokenType.UNUSED.id();
        types[SmallVocabulary.THINK + 1] = TokenType.USER_DEFINED.id();
        types[SmallVocabulary.SIZE + 1] = TokenType.UNUSED.id();
        GgufMetadata.Builder metadata =
                SmallVocabulary.metadata()
                        .putStrings("tokenizer.ggml.tokens", tokens)
                        .putInt32s("tokenizer.ggml.token_type", types);
        try (Tokenizer fromGguf = SmallVocabulary.tokenizer(metadata)) {
            TestInputs.write(folder, fromGguf.toHuggingFace());
            assertFalse(fromGguf.toTokenizerJson().contains("[PAD"));
            try (Tokenizer fromFolder = Tokenizer.fromHuggingFace(folder)) {
                assertEquals(SmallVocabulary.SIZE + 1, fromFolder.vocabularySize());
                GgufVocabulary again = fromFolder.toGguf().paddedTo(tokens.size());
                assertEquals(fromGguf.toGguf().tokens(), again.tokens());
                assertEquals(fromGguf.toGguf().types(), again.types());
                assertArrayEquals(
                        new int[] {SmallVocabulary.THINK + 1}, fromFolder.encode("<think>", false));
                assertThrows(DataException.class, () -> again.paddedTo(tokens.size() - 1));
            }
        }
    }

    @Test
    void keepsTheFilesOfAFolder(@TempDir Path folder) throws IOException {
        try (Tokenizer fromGguf = SmallVocabulary.tokenizer(SmallVocabulary.metadata())) {
            TestInputs.write(folder, fromGguf.toHuggingFace());
        }
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, "\n" + Files.readString(file) + "\n");
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages }}");
        try (Tokenizer tokenizer = Tokenizer.fromHuggingFace(folder)) {
            assertEquals(Files.readString(file), tokenizer.toTokenizerJson());
            assertEquals(
                    Map.of(
                            "tokenizer.json", Files.readString(file),
                            "tokenizer_config.json",
                                    Files.readString(folder.resolve("tokenizer_config.json")),
                            "special_tokens_map.json",
                                    Files.readString(folder.resolve("special_tokens_map.json")),
                            "chat_template.jinja", "{{ messages }}"),
                    tokenizer.toHuggingFace());
        }
    }

    @Test
    void isUsedByManyThreadsAndRefusesWorkOnceClosed() throws Exception {
        Tokenizer tokenizer = SmallVocabulary.tokenizer(SmallVocabulary.metadata());
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Callable<String>> calls = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String text = "the " + i + " </s> the".repeat(i);
            boolean parse = i % 2 == 0;
            calls.add(() -> tokenizer.decode(tokenizer.encode(text, false, parse), false));
        }
        List<Future<String>> results = threads.invokeAll(calls);
        for (int i = 0; i < calls.size(); i++) {
            assertEquals("the " + i + " </s> the".repeat(i), results.get(i).get());
        }
        threads.shutdown();
        tokenizer.close();
        tokenizer.close();
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("x", false));
        assertThrows(IllegalStateException.class, () -> tokenizer.encode("x", false, false));
        assertThrows(IllegalStateException.class, () -> tokenizer.decode(new int[] {1}, false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                "Qwen2.5-Coder-1.5B-Instruct.Q4_K_M.gguf"
            })
    void encodesRandomTextAsLlamaCppDoes(String name) throws IOException {
        JsonNode golden;
        try (InputStream stream =
                TokenizerTest.class.getResourceAsStream("/tokenizer/random_strings.json")) {
            golden = new ObjectMapper().readTree(stream);
        }
        try (Tokenizer tokenizer = TestInputs.tokenizer(TestInputs.model(name))) {
            for (int i = 0; i < golden.get("strings").size(); i++) {
                String text = golden.get("strings").get(i).asText();
                List<Integer> expected = new ArrayList<>();
                golden.get("models").get(name).get(i).forEach(id -> expected.add(id.asInt()));
                assertArrayEquals(
                        expected.stream().mapToInt(Integer::intValue).toArray(),
                        tokenizer.encode(text, false),
                        text);
            }
        }
    }

    @Test
    void alphabetIsThatOfByteLevelVocabularies() {
        // U+0120 and U+010A for space and line end are the familiar ones.
        List<String> alphabet = SmallVocabulary.alphabet();
        assertEquals("\u0120", alphabet.get(' '));
        assertEquals("\u010A", alphabet.get('\n'));
        assertEquals("\u0100", alphabet.get(0));
        assertEquals("\u0143", alphabet.get(0xAD));
        assertEquals(
                "\u00C3\u00A9",
                new String("\u00e9".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }
}
