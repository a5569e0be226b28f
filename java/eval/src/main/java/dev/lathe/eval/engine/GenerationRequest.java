package dev.lathe.eval.engine;

import dev.lathe.tokenizer.Message;
import java.util.List;
import java.util.stream.Stream;

/**
 * One question for a model.
 *
 * @param before what was said before, such as a system text and past turns; none for raw text
 * @param message what the user says
 * @param opening how the model's turn starts, where the style asks for it
 * @param style how message and opening become the model's input
 * @param sampling how tokens are drawn
 * @param seed of the draws
 * @param maximumTokens most tokens to generate; less where the context ends earlier
 */
public record GenerationRequest(
        List<Message> before,
        String message,
        String opening,
        PromptStyle style,
        Sampling sampling,
        long seed,
        int maximumTokens) {
    /**
     * Copies what was said before.
     *
     * @param before the component
     * @param message the component
     * @param opening the component
     * @param style the component
     * @param sampling the component
     * @param seed the component
     * @param maximumTokens the component
     * @throws IllegalArgumentException if there is something before raw text
     */
    public GenerationRequest {
        before = List.copyOf(before);
        if (style == PromptStyle.RAW && !before.isEmpty()) {
            throw new IllegalArgumentException("raw text has no turns before it");
        }
    }

    /**
     * A question with nothing before it.
     *
     * @param message what the user says
     * @param opening how the model's turn starts, where the style asks for it
     * @param style how message and opening become the model's input
     * @param sampling how tokens are drawn
     * @param seed of the draws
     * @param maximumTokens most tokens to generate
     */
    public GenerationRequest(
            String message,
            String opening,
            PromptStyle style,
            Sampling sampling,
            long seed,
            int maximumTokens) {
        this(List.of(), message, opening, style, sampling, seed, maximumTokens);
    }

    /**
     * The conversation up to the model's turn.
     *
     * @return what was said before, and the user's message
     */
    public List<Message> messages() {
        return Stream.concat(before.stream(), Stream.of(new Message("user", message))).toList();
    }
}
