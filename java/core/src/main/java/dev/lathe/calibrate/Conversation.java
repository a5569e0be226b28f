package dev.lathe.calibrate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.UsageException;
import dev.lathe.tokenizer.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of chat JSONL: {@code {"messages": [{"role": …, "content": …}]}}. Further fields are
 * ignored but for {@code "stop": "LENGTH"}, which says that the last message was cut off.
 *
 * @param messages what was said, in order; at least one
 * @param cut whether the last message is not at its end
 */
public record Conversation(List<Message> messages, boolean cut) {
    /** What {@code stop} says of a message that was cut off. */
    public static final String LENGTH = "LENGTH";

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Copies the messages.
     *
     * @param messages the component
     * @param cut the component
     */
    public Conversation {
        messages = List.copyOf(messages);
    }

    /**
     * Reads a line.
     *
     * @param line the line
     * @param where the file and the line's number, for messages
     * @return the conversation
     * @throws UsageException if the line is none
     */
    public static Conversation parse(String line, String where) {
        return of(json(line, where), where);
    }

    /**
     * Reads a line's JSON.
     *
     * @param line the line
     * @param where the file and the line's number, for messages
     * @return what it holds
     * @throws UsageException if it is no JSON
     */
    public static JsonNode json(String line, String where) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new UsageException(where + " is no JSON: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * Takes a conversation out of a line's JSON.
     *
     * @param value what the line holds
     * @param where the file and the line's number, for messages
     * @return the conversation
     * @throws UsageException if there is none
     */
    public static Conversation of(JsonNode value, String where) {
        List<Message> messages = new ArrayList<>();
        for (JsonNode turn : value.path("messages")) {
            if (!turn.path("role").isTextual() || !turn.path("content").isTextual()) {
                throw new UsageException(
                        where + ": a message needs role and content, found " + turn);
            }
            messages.add(new Message(turn.get("role").asText(), turn.get("content").asText()));
        }
        if (messages.isEmpty()) {
            throw new UsageException(
                    where + ": expected {\"messages\": [...]} with at least one message");
        }
        return new Conversation(messages, LENGTH.equals(value.path("stop").asText()));
    }
}
