package dev.lathe.tokenizer;

import dev.lathe.DataException;
import dev.lathe.tokenizer.jinja.Template;
import dev.lathe.tokenizer.jinja.TemplateException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns a conversation into the text that a model was trained on, with the result of transformers'
 * {@code apply_chat_template}.
 *
 * <p>The text holds the model's special tokens, the one for beginnings too where the template
 * writes it: encode it without adding more. Templates may use the messages, {@code
 * add_generation_prompt}, the special tokens by name ({@code bos_token} …), and what else the
 * caller gives; {@code tools} and {@code documents} are none.
 *
 * <p>Templates are untrusted and run in bounds; see {@link dev.lathe.tokenizer.jinja}. Immutable
 * and thread-safe.
 */
public final class ChatTemplate {
    private final String source;
    private final Template template;
    private final Map<String, String> specialTokens;
    private final Clock clock;

    private ChatTemplate(
            String source, Template template, Map<String, String> specialTokens, Clock clock) {
        this.source = source;
        this.template = template;
        this.specialTokens = specialTokens;
        this.clock = clock;
    }

    /**
     * Reads a template.
     *
     * @param source file, for messages
     * @param text the template
     * @param specialTokens texts of the special tokens by name, for example {@code bos_token}
     * @return the template
     * @throws DataException if it is not well formed
     */
    public static ChatTemplate parse(
            String source, String text, Map<String, String> specialTokens) {
        try {
            return new ChatTemplate(
                    source,
                    Template.parse(text),
                    Map.copyOf(specialTokens),
                    Clock.systemDefaultZone());
        } catch (TemplateException e) {
            throw failure(source, e);
        }
    }

    /**
     * Gives the template another clock; some templates print the date.
     *
     * @param clock gives {@code strftime_now} its time
     * @return the template with that clock
     */
    public ChatTemplate withClock(Clock clock) {
        return new ChatTemplate(source, template, specialTokens, clock);
    }

    /**
     * Renders a conversation.
     *
     * @param messages the turns
     * @param addGenerationPrompt whether the text ends with the opening of an answer
     * @return the text
     * @throws DataException if the template fails, refuses the conversation or exceeds its bounds
     */
    public String render(List<Message> messages, boolean addGenerationPrompt) {
        return render(messages, addGenerationPrompt, Map.of());
    }

    /**
     * Renders a conversation.
     *
     * @param messages the turns
     * @param addGenerationPrompt whether the text ends with the opening of an answer
     * @param variables more variables by name, for example {@code enable_thinking}: strings,
     *     numbers, truth values, null, and lists and maps of these
     * @return the text
     * @throws DataException if the template fails, refuses the conversation or exceeds its bounds
     * @throws IllegalArgumentException if a variable is of another type
     */
    public String render(
            List<Message> messages, boolean addGenerationPrompt, Map<String, ?> variables) {
        Map<String, Object> all = new HashMap<>(specialTokens);
        all.put("messages", turns(messages));
        all.put("add_generation_prompt", addGenerationPrompt);
        all.put("tools", null);
        all.put("documents", null);
        all.putAll(variables);
        try {
            return template.render(all, clock);
        } catch (TemplateException e) {
            throw failure(source, e);
        }
    }

    private static List<Map<String, String>> turns(List<Message> messages) {
        List<Map<String, String>> turns = new ArrayList<>();
        for (Message message : messages) {
            Map<String, String> turn = new LinkedHashMap<>();
            turn.put("role", message.role());
            turn.put("content", message.content());
            turns.add(turn);
        }
        return turns;
    }

    private static DataException failure(String source, TemplateException cause) {
        return new DataException(source + ": chat template, " + cause.getMessage(), cause);
    }
}
