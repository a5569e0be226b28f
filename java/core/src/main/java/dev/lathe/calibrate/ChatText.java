package dev.lathe.calibrate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.UsageException;
import dev.lathe.tokenizer.ChatTemplate;
import dev.lathe.tokenizer.Message;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Conversations as the text that a model sees: one JSON object a line, {@code {"messages":
 * [{"role": …, "content": …}]}}, rendered by the model's own chat template. Templates of reasoning
 * models cut thinking out of past answers; what the model itself would have written is wanted here,
 * so there the last answer follows the rendered prompt as it stands.
 */
final class ChatText {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String THINK = "<think>";

    private ChatText() {}

    /**
     * Renders all conversations, one after another.
     *
     * @param jsonLines the file's content
     * @param tokenizer of the model
     * @param source the file's name, for messages
     * @return the text, special tokens spelled out
     * @throws UsageException naming the line that is no conversation
     */
    static String render(String jsonLines, Tokenizer tokenizer, String source) {
        Optional<ChatTemplate> template = tokenizer.chatTemplate();
        String end = text(tokenizer, SpecialToken.EOS);
        StringBuilder text = new StringBuilder();
        String[] lines = jsonLines.split("\n");
        for (int i = 0; i < lines.length; i++) {
            if (lines[i].isBlank()) {
                continue;
            }
            List<Message> messages = parse(lines[i], source + ", line " + (i + 1));
            text.append(
                    template.isPresent()
                            ? conversation(template.get(), messages, end)
                            : plain(messages, end));
        }
        return text.toString();
    }

    private static String conversation(ChatTemplate template, List<Message> messages, String end) {
        String whole = template.render(messages, false);
        Message last = messages.get(messages.size() - 1);
        boolean answered = last.role().equals("assistant") && messages.size() > 1;
        if (!answered || whole.contains(last.content().strip())) {
            return whole;
        }
        String prompt = template.render(messages.subList(0, messages.size() - 1), true);
        String answer = last.content();
        if (prompt.stripTrailing().endsWith(THINK) && answer.startsWith(THINK)) {
            answer = answer.substring(THINK.length()).stripLeading();
        }
        return prompt + answer + end;
    }

    /** A model without a template saw plain text. */
    private static String plain(List<Message> messages, String end) {
        return String.join("\n\n", messages.stream().map(Message::content).toList()) + "\n" + end;
    }

    private static String text(Tokenizer tokenizer, SpecialToken part) {
        OptionalInt id = tokenizer.specialToken(part);
        return id.isPresent() ? tokenizer.token(id.getAsInt()).orElse("") : "";
    }

    private static List<Message> parse(String line, String where) {
        try {
            JsonNode turns = JSON.readTree(line).path("messages");
            List<Message> messages = new ArrayList<>();
            for (JsonNode turn : turns) {
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
            return messages;
        } catch (JsonProcessingException e) {
            throw new UsageException(where + " is no JSON: " + e.getOriginalMessage(), e);
        }
    }
}
