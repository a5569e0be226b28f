package dev.lathe.calibrate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.UsageException;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations with thinking become the tokens that the model saw and wrote. */
class ChatCalibrationTest {
    private static final Path TINY_REASONER = Path.of("../../examples/tiny-reasoner");
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String QUESTION = "When could Susan have gone?";
    private static final String THOUGHT = "<think>\nFrom 7am busy until 11am\n</think>\n\nThe (B).";

    /** Opens no thinking, and drops that of every answer, as templates of reasoning models do. */
    private static final String FORGETTING =
            "{% for m in messages %}{% if m.role == 'user' %}[U]{{ m.content }}[A]{% else %}"
                    + "{{ m.content.split('</think>')[-1] }}{{ eos_token }}{% endif %}{% endfor %}";

    @TempDir Path folder;

    private static String line(String stop, String... contents) {
        ObjectNode line = JSON.createObjectNode();
        ArrayNode messages = line.putArray("messages");
        for (int i = 0; i < contents.length; i++) {
            messages.addObject()
                    .put("role", i % 2 == 0 ? "user" : "assistant")
                    .put("content", contents[i]);
        }
        if (stop != null) {
            line.put("stop", stop);
        }
        return line + "\n";
    }

    private static int id(Tokenizer tokenizer, SpecialToken part) {
        return tokenizer.specialToken(part).orElseThrow();
    }

    /** The pieces in the text's order, joined. */
    private int[] joined(Tokenizer tokenizer, String lines, int length, int pieces)
            throws IOException {
        Path file = Files.writeString(folder.resolve("traces.jsonl"), lines);
        CalibrationSet set = CalibrationSet.chunks(file.toString(), tokenizer, length, pieces);
        return Arrays.stream(set.sequences()).flatMapToInt(Arrays::stream).toArray();
    }

    @Test
    void aTraceIsWhatTheModelSawAndWrote() throws IOException {
        try (Tokenizer tokenizer = Tokenizer.fromHuggingFace(TINY_REASONER)) {
            String generated = THOUGHT.substring("<think>\n".length());
            int[] seen = tokenizer.encode(QUESTION + "\n<think>\n" + generated, false);
            int[] ids = joined(tokenizer, line("END", QUESTION, THOUGHT), seen.length + 2, 1);
            int[] expected = new int[seen.length + 2];
            expected[0] = id(tokenizer, SpecialToken.BOS);
            System.arraycopy(seen, 0, expected, 1, seen.length);
            expected[seen.length + 1] = id(tokenizer, SpecialToken.EOS);
            assertArrayEquals(expected, ids, tokenizer.decode(ids, false));
            int think = tokenizer.encode("<think>", false)[0];
            assertEquals(1, Arrays.stream(ids).filter(id -> id == think).count());
        }
    }

    @Test
    void anAnswerThatWasCutOffHasNoEnd() throws IOException {
        try (Tokenizer tokenizer = Tokenizer.fromHuggingFace(TINY_REASONER)) {
            String cut = "<think>\nFrom 7am";
            int[] seen = tokenizer.encode(QUESTION + "\n" + cut, false);
            int[] ids = joined(tokenizer, line("LENGTH", QUESTION, cut), seen.length + 1, 1);
            assertArrayEquals(seen, Arrays.copyOfRange(ids, 1, ids.length));
        }
    }

    @Test
    void thinkingThatATemplateDropsIsKept() throws IOException {
        Path copy = Files.createDirectory(folder.resolve("forgetting"));
        Files.copy(TINY_REASONER.resolve("tokenizer.json"), copy.resolve("tokenizer.json"));
        ObjectNode config =
                (ObjectNode) JSON.readTree(TINY_REASONER.resolve("tokenizer_config.json").toFile());
        config.put("chat_template", FORGETTING);
        JSON.writeValue(copy.resolve("tokenizer_config.json").toFile(), config);
        try (Tokenizer tokenizer = Tokenizer.fromHuggingFace(copy)) {
            String text = "[U]Why?[A]Plain.<|end|>[U]" + QUESTION + "[A]" + THOUGHT + "<|end|>";
            String lines = line(null, "Why?", "Plain.") + line("END", QUESTION, THOUGHT);
            assertEquals(text, ChatText.render(lines, tokenizer, "x"));
            int[] expected = tokenizer.encode(text, false);
            int[] ids = joined(tokenizer, lines, expected.length + 1, 1);
            assertArrayEquals(expected, Arrays.copyOfRange(ids, 1, ids.length));
            int end = id(tokenizer, SpecialToken.EOS);
            assertEquals(2, Arrays.stream(ids).filter(id -> id == end).count());
        }
    }

    @Test
    void tracesArePackedAndNothingIsLost() throws IOException {
        int length = 24;
        String hours = "From 7am busy until 11am\n".repeat(20);
        String lines =
                line("END", "First?", "<think>\n" + hours + "</think>\n\nThe (A).")
                        + line("END", "Second?", "<think>\nFrom 9am\n</think>\n\nThe (B).")
                        + line("END", "Third?", "<think>\n" + hours + "</think>\n\nThe (C).");
        try (Tokenizer tokenizer = Tokenizer.fromHuggingFace(TINY_REASONER)) {
            Path file = Files.writeString(folder.resolve("traces.jsonl"), lines);
            int[] whole = tokenizer.encode(ChatText.render(lines, tokenizer, "x"), false);
            int bos = id(tokenizer, SpecialToken.BOS);
            int pieces = whole.length / length;
            CalibrationSet set =
                    CalibrationSet.load(
                            new CalibrationOptions(file.toString(), pieces, length, 3L), tokenizer);
            List<String> found = new ArrayList<>();
            for (int[] sequence : set.sequences()) {
                assertEquals(length, sequence.length);
                assertEquals(bos, sequence[0]);
                assertTrue(sequence[1] != bos, "one token begins a sequence, not two");
                found.add(Arrays.toString(sequence));
            }
            // The same cut, done plainly.
            List<String> expected = new ArrayList<>();
            for (int from = 0; ; ) {
                int add = whole[Math.min(from, whole.length - 1)] == bos ? 0 : 1;
                if (from + length - add > whole.length) {
                    break;
                }
                int[] piece = new int[length];
                piece[0] = bos;
                for (int i = add; i < length; i++) {
                    piece[i] = whole[from + i - add];
                }
                expected.add(Arrays.toString(piece));
                from += length - add;
            }
            assertEquals(0, whole[0] - bos, "the template writes the first token itself");
            assertTrue(expected.size() >= pieces, expected.size() + " pieces");
            found.sort(null);
            expected.sort(null);
            assertTrue(expected.containsAll(found));
            assertEquals(pieces, found.size());
        }
    }

    @Test
    void whatIsNoConversationIsNamed() {
        for (String line : List.of("{}", "[1", "{\"messages\": [{\"role\": \"user\"}]}")) {
            UsageException wrong =
                    assertThrows(
                            UsageException.class,
                            () -> Conversation.parse(line, "a.jsonl, line 7"));
            assertTrue(wrong.getMessage().startsWith("a.jsonl, line 7"), wrong.getMessage());
        }
    }
}
