package dev.lathe.eval.traces;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.calibrate.Conversation;
import dev.lathe.tokenizer.Message;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Prompts for traces: a text with one a line, or JSONL with {@code prompt} or {@code messages}. */
public final class TracePrompts {
    private static final String USER = "user";
    private static final Set<String> ROLES = Set.of("system", USER, "assistant");

    private TracePrompts() {}

    /**
     * Reads a file.
     *
     * @param file JSON lines where its name ends in {@code .jsonl}, else text; blank lines do not
     *     count
     * @return conversations that end with the user's message, in order
     * @throws UsageException if the file cannot be read, holds no prompt, or a line is none
     */
    public static List<List<Message>> read(Path file) {
        boolean json = file.toString().endsWith(".jsonl");
        List<List<Message>> prompts = new ArrayList<>();
        int number = 0;
        for (String line : CalibrationSet.read(file).split("\n")) {
            number++;
            if (!line.isBlank()) {
                prompts.add(
                        json
                                ? conversation(line, file + ", line " + number)
                                : List.of(new Message(USER, line.strip())));
            }
        }
        if (prompts.isEmpty()) {
            throw new UsageException(file + " holds no prompts");
        }
        return prompts;
    }

    private static List<Message> conversation(String line, String where) {
        JsonNode value = Conversation.json(line, where);
        JsonNode prompt = value.path("prompt");
        if (prompt.isTextual() && !value.has("messages")) {
            return List.of(new Message(USER, prompt.asText()));
        }
        if (!value.has("messages")) {
            throw new UsageException(where + ": expected a field prompt or messages");
        }
        List<Message> messages = Conversation.of(value, where).messages();
        for (Message message : messages) {
            if (!ROLES.contains(message.role())) {
                throw new UsageException(
                        where + ": role must be system, user or assistant, not " + message.role());
            }
        }
        if (!messages.get(messages.size() - 1).role().equals(USER)) {
            throw new UsageException(where + ": the last message must be the user's");
        }
        return messages;
    }
}
