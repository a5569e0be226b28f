package dev.lathe.eval.traces;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.tokenizer.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TracePromptsTest {
    @TempDir Path folder;

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void linesOfATextArePrompts() throws IOException {
        assertEquals(
                List.of(
                        List.of(new Message("user", "Why?")),
                        List.of(new Message("user", "{\"prompt\": 3}"))),
                TracePrompts.read(file("a.txt", "Why?\n\n  {\"prompt\": 3}\r\n")));
    }

    @Test
    void jsonLinesHoldPromptsOrMessages() throws IOException {
        String lines =
                """
                {"prompt": "Two\\nlines", "id": 7}

                {"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]}
                """;
        assertEquals(
                List.of(
                        List.of(new Message("user", "Two\nlines")),
                        List.of(new Message("system", "S"), new Message("user", "U"))),
                TracePrompts.read(file("a.jsonl", lines)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"question\": \"x\"} | expected a field prompt or messages",
                "{\"prompt\": 3} | expected a field prompt or messages",
                "hello | is no JSON",
                "{\"messages\": []} | at least one message",
                "{\"messages\": [{\"role\": \"user\"}]} | needs role and content",
                "{\"messages\": [{\"role\": \"tool\", \"content\": \"x\"}]} | role must be",
                "{\"messages\": [{\"role\": \"system\", \"content\": \"x\"}]} | the user's",
            })
    void whatIsNoPromptIsNamed(String line, String message) throws IOException {
        Path file = file("a.jsonl", "{\"prompt\": \"fine\"}\n" + line + "\n");
        UsageException wrong = assertThrows(UsageException.class, () -> TracePrompts.read(file));
        assertTrue(wrong.getMessage().contains("a.jsonl, line 2"), wrong.getMessage());
        assertTrue(wrong.getMessage().contains(message), wrong.getMessage());
    }

    @Test
    void aFileNeedsPrompts() throws IOException {
        Path empty = file("a.txt", "\n \n");
        assertThrows(UsageException.class, () -> TracePrompts.read(empty));
        Path none = folder.resolve("none.txt");
        assertThrows(UsageException.class, () -> TracePrompts.read(none));
    }
}
