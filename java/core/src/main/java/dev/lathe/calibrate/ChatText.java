package dev.lathe.calibrate;

import dev.lathe.UsageException;
import dev.lathe.tokenizer.ChatTemplate;
import dev.lathe.tokenizer.Message;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Conversations as the text that a model sees, rendered by the model's own chat template, special
 * tokens spelled out. Templates of reasoning models cut thinking out of past answers, or do not
 * begin an answer as the model was asked to begin it; what the model itself has written is wanted
 * here, so there the last answer follows the rendered prompt as it stands.
 */
final class ChatText {
    private static final String THINK = "<think>";
    private static final String THOUGHT = "</think>";

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
            Conversation said = Conversation.parse(lines[i], source + ", line " + (i + 1));
            text.append(
                    template.isPresent()
                            ? conversation(template.get(), said, end)
                            : plain(said, end));
        }
        return text.toString();
    }

    private static String conversation(ChatTemplate template, Conversation said, String end) {
        List<Message> messages = said.messages();
        String whole = template.render(messages, false);
        Message last = messages.get(messages.size() - 1);
        if (!last.role().equals("assistant") || messages.size() == 1) {
            return whole;
        }
        String answer = last.content();
        boolean rendered = whole.contains(answer.strip());
        boolean thinks = answer.stripLeading().startsWith(THINK) || answer.contains(THOUGHT);
        if (rendered && !thinks && !said.cut()) {
            return whole;
        }
        String prompt = template.render(messages.subList(0, messages.size() - 1), true);
        if (rendered && whole.startsWith(prompt) && !said.cut()) {
            return whole;
        }
        boolean opened = prompt.stripTrailing().endsWith(THINK);
        if (opened && answer.stripLeading().startsWith(THINK)) {
            answer = answer.stripLeading().substring(THINK.length()).stripLeading();
        }
        return prompt + answer + (said.cut() ? "" : end);
    }

    /** A model without a template saw plain text. */
    private static String plain(Conversation said, String end) {
        return String.join("\n\n", said.messages().stream().map(Message::content).toList())
                + (said.cut() ? "" : "\n" + end);
    }

    private static String text(Tokenizer tokenizer, SpecialToken part) {
        OptionalInt id = tokenizer.specialToken(part);
        return id.isPresent() ? tokenizer.token(id.getAsInt()).orElse("") : "";
    }
}
