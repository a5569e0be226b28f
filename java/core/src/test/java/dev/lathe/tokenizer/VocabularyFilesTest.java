package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.checkpoint.GgufCheckpoint;
import dev.lathe.checkpoint.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The vocabularies in llama.cpp's source: texts with the ids that the models' own tokenizers gave
 * them (of qwen35's last four, llama.cpp).
 */
class VocabularyFilesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama-bpe",
                "qwen2",
                "qwen35",
                "deepseek-llm",
                "deepseek-coder",
                "gpt-2",
                "starcoder",
                "refact",
                "falcon",
                "mpt",
                "command-r"
            })
    void encodesAsTheModelDoesFromBothFormats(String name, @TempDir Path folder)
            throws IOException {
        Path file = TestInputs.llamaCppModels("ggml-vocab-" + name + ".gguf");
        try (Tokenizer fromGguf = TestInputs.tokenizer(file)) {
            assertEquals(name, fromGguf.toGguf().preTokenizer());
            TestInputs.write(folder, fromGguf.toHuggingFace());
            List<String> texts = texts(file);
            List<int[]> expected = expectedIds(file);
            assertEquals(expected.size(), texts.size());
            for (int i = 0; i < texts.size(); i++) {
                String text = texts.get(i);
                int[] ids = expected.get(i);
                assertArrayEquals(ids, fromGguf.encode(text, false), text);
                assertArrayEquals(ids, fromGguf.encode(text, false, false), text);
            }
            try (Tokenizer fromFolder = Tokenizer.fromHuggingFace(folder)) {
                for (int i = 0; i < texts.size(); i++) {
                    assertArrayEquals(expected.get(i), fromFolder.encode(texts.get(i), false));
                }
                assertSameMetadata(fromGguf.toGguf(), fromFolder);
            }
        }
    }

    private static List<String> texts(Path vocabulary) throws IOException {
        String all = Files.readString(Path.of(vocabulary + ".inp"));
        String separator = "\n__ggml_vocab_test__\n";
        // Every text ends with the separator, so the piece after the last one is no text.
        List<String> pieces = List.of(all.split(separator, -1));
        return pieces.subList(0, pieces.size() - 1);
    }

    private static List<int[]> expectedIds(Path vocabulary) throws IOException {
        List<int[]> ids = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(vocabulary + ".out"))) {
            ids.add(
                    Arrays.stream(line.strip().split(" "))
                            .filter(word -> !word.isEmpty())
                            .mapToInt(Integer::parseInt)
                            .toArray());
        }
        return ids;
    }

    private static void assertSameMetadata(GgufVocabulary original, Tokenizer fromFolder) {
        GgufVocabulary again = fromFolder.toGguf().paddedTo(original.tokens().size());
        assertEquals(original.preTokenizer(), again.preTokenizer());
        assertEquals(original.tokens(), again.tokens());
        assertEquals(original.merges(), again.merges());
        assertEquals(original.specialTokens(), again.specialTokens());
        assertEquals(original.chatTemplates(), again.chatTemplates());
        assertEquals(original.addBos().orElse(fromFolder.addsBos()), again.addBos().orElseThrow());
        assertEquals(original.addEos().orElse(false), again.addEos().orElseThrow());
        for (int id = 0; id < original.tokens().size(); id++) {
            assertEquals(
                    typeWrittenToday(original, id),
                    again.types().get(id),
                    original.tokens().get(id));
        }
    }

    /**
     * These files are of 2024. Since then the converter calls padding unused, not user-defined, and
     * added tokens that look like control tokens control tokens.
     */
    private static TokenType typeWrittenToday(GgufVocabulary vocabulary, int id) {
        String token = vocabulary.tokens().get(id);
        boolean userDefined = vocabulary.types().get(id) == TokenType.USER_DEFINED;
        if (userDefined && token.equals("[PAD" + id + "]")) {
            return TokenType.UNUSED;
        }
        boolean looksSpecial = token.matches("<pad>|<[|\uFF5C].*[|\uFF5C]>");
        return userDefined && looksSpecial ? TokenType.CONTROL : vocabulary.types().get(id);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                "Qwen2.5-Coder-1.5B-Instruct.Q4_K_M.gguf"
            })
    void keepsTheMetadataOfAModel(String name, @TempDir Path folder) {
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(TestInputs.model(name));
                Tokenizer fromGguf = Tokenizer.fromGguf(checkpoint.metadata())) {
            TestInputs.write(folder, fromGguf.toHuggingFace());
            try (Tokenizer fromFolder = Tokenizer.fromHuggingFace(folder)) {
                GgufMetadata original = checkpoint.metadata();
                int rows = original.strings("tokenizer.ggml.tokens").size();
                assertSame(original, written(fromGguf.toGguf()));
                assertSame(original, written(fromFolder.toGguf().paddedTo(rows)));
                fromFolder.checkVocabulary(rows);
            }
        }
    }

    private static GgufMetadata written(GgufVocabulary vocabulary) {
        GgufMetadata.Builder builder = GgufMetadata.builder();
        vocabulary.writeTo(builder);
        return builder.build();
    }

    /** What is stated anew is what held by default; what llama.cpp does not read is not written. */
    private static void assertSame(GgufMetadata original, GgufMetadata written) {
        Map<String, Object> defaults = Map.of("tokenizer.ggml.add_eos_token", false);
        for (String key : original.keys()) {
            if (key.startsWith("tokenizer.") && !key.equals("tokenizer.ggml.add_space_prefix")) {
                assertEquals(original.find(key), written.find(key), key);
            }
        }
        for (String key : written.keys()) {
            assertTrue(
                    original.contains(key)
                            || defaults.get(key).equals(written.findFlag(key).orElseThrow()),
                    key);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                "Qwen2.5-Coder-1.5B-Instruct.Q4_K_M.gguf"
            })
    void decodesWhatItEncodes(String name) {
        String text = "<|im_start|>user\nWas gibt 7\u00d78? \uD83E\uDD99 \u6211<|im_end|>\n\ttab";
        try (Tokenizer tokenizer = TestInputs.tokenizer(TestInputs.model(name))) {
            int[] ids = tokenizer.encode(text, false);
            int begin = tokenizer.encode("<|im_start|>", false)[0];
            assertEquals(begin, ids[0]);
            assertEquals(text, tokenizer.decode(ids, false));
            assertEquals(
                    text.replace("<|im_start|>", "").replace("<|im_end|>", ""),
                    tokenizer.decode(ids, true));
            int[] plain = tokenizer.encode(text, false, false);
            assertTrue(Arrays.stream(plain).noneMatch(id -> id == begin));
            assertEquals(text, tokenizer.decode(plain, true));
        }
    }
}
