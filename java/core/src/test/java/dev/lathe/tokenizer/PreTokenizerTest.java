package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreTokenizerTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final String QWEN_2 =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static String nameOf(String json, boolean ignoresMerges, String... fingerprints)
            throws IOException {
        JsonNode tree = MAPPER.readTree(json);
        return PreTokenizer.nameOf("file", tree, ignoresMerges, List.of(fingerprints));
    }

    @Test
    void namesAreUnique() {
        Set<String> names = new HashSet<>();
        PreTokenizer.names().forEach(name -> assertTrue(names.add(name), name));
        for (String name : names) {
            assertTrue(PreTokenizer.byName(name).isPresent(), name);
        }
    }

    @ParameterizedTest
    @EnumSource
    void isFoundByTheStepsThatItWrites(PreTokenizer entry) throws IOException {
        String name = nameOf(entry.toJson().toString(), entry.ignoresMerges());
        PreTokenizer found = PreTokenizer.byName(name).orElseThrow();
        assertEquals(entry.toJson(), found.toJson());
        assertEquals(entry.ignoresMerges(), found.ignoresMerges());
    }

    /** The native library reads every entry, and no entry loses a character. */
    @ParameterizedTest
    @EnumSource
    void keepsEveryCharacter(PreTokenizer entry) {
        String name =
                PreTokenizer.names()
                        .filter(known -> PreTokenizer.byName(known).orElseThrow() == entry)
                        .findFirst()
                        .orElseThrow();
        String text = PreTokenizer.FINGERPRINT_TEXT + "\r\n\u00e9\u0301 \u3000\u00a0x\u2028";
        try (Tokenizer tokenizer =
                SmallVocabulary.tokenizer(
                        SmallVocabulary.metadata().putString("tokenizer.ggml.pre", name))) {
            assertEquals(text, tokenizer.decode(tokenizer.encode(text, false), false));
        }
    }

    private static ObjectNode split(String expression, String behavior, boolean invert) {
        ObjectNode split = MAPPER.createObjectNode().put("type", "Split");
        split.putObject("pattern").put("Regex", expression);
        return split.put("behavior", behavior).put("invert", invert);
    }

    private static ObjectNode sequence(JsonNode... parts) {
        ObjectNode sequence = MAPPER.createObjectNode().put("type", "Sequence");
        sequence.putArray("pretokenizers").addAll(List.of(parts));
        return sequence;
    }

    @Test
    void readsTheSameStepsInOtherWords() throws IOException {
        String lineEnds = QWEN_2.replace("\\r", "\r").replace("\\n", "\n");
        JsonNode bytes =
                MAPPER.createObjectNode()
                        .put("type", "ByteLevel")
                        .put("add_prefix_space", false)
                        .put("use_regex", false);
        for (JsonNode first :
                List.of(
                        split(QWEN_2, "Isolated", false),
                        split(QWEN_2, "Removed", true),
                        split(lineEnds, "Isolated", false),
                        sequence(split(QWEN_2, "Isolated", false)))) {
            assertEquals("qwen2", nameOf(sequence(first, bytes).toString(), false));
        }
        assertThrows(
                DataException.class,
                () -> nameOf(sequence(split(QWEN_2, "Removed", false), bytes).toString(), false));
    }

    @Test
    void tellsNamesThatShareStepsApart() throws IOException {
        String steps = PreTokenizer.DIGITS_AND_GPT_2.toJson().toString();
        String starcoder = "35d91631860c815f952d711435f48d356ebac988362536bed955d43bfa436e34";
        String qwen = "e636dc30a262dcc0d8c323492e32ae2b70728f4df7dfe9737d9f920a282b8aea";
        assertEquals("starcoder", nameOf(steps, false, starcoder));
        assertEquals("starcoder", nameOf(steps, false, "unknown", starcoder));
        assertEquals("smollm", nameOf(steps, false, "unknown"));
        // A fingerprint counts among the names with these steps alone.
        assertEquals("smollm", nameOf(steps, false, qwen));
        String llama = PreTokenizer.LLAMA_3.toJson().toString();
        assertEquals("llama-bpe", nameOf(llama, true));
        assertEquals("dbrx", nameOf(llama, false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{}",
                "{\"type\": \"Metaspace\"}",
                "{\"type\": \"ByteLevel\", \"add_prefix_space\": true}",
                "{\"type\": \"Digits\", \"individual_digits\": true}",
                "{\"type\": \"Sequence\", \"pretokenizers\": []}",
                "{\"type\": \"Split\", \"pattern\": {\"String\": \" \"}, \"behavior\":"
                        + " \"Isolated\"}"
            })
    void refusesWhatNoNameStandsFor(String json) {
        DataException failure = assertThrows(DataException.class, () -> nameOf(json, false));
        assertTrue(failure.getMessage().startsWith("file: pre_tokenizer " + json.substring(0, 1)));
        assertTrue(failure.getMessage().contains("has no name in GGUF; known are those of"));
    }
}
