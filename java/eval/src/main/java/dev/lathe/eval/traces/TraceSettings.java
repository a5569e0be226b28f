package dev.lathe.eval.traces;

import dev.lathe.UsageException;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;

/**
 * How traces are made. Each line of the output repeats it, so that a file holds traces of one kind.
 *
 * @param model name of the model
 * @param style how prompts are put: as a chat, with or without an opened thinking
 * @param sampling how tokens are drawn
 * @param seed from which each trace's own seed follows
 * @param maximumTokens most tokens of a trace
 */
public record TraceSettings(
        String model, PromptStyle style, Sampling sampling, long seed, int maximumTokens) {
    /**
     * Checks the values.
     *
     * @param model the component
     * @param style the component
     * @param sampling the component
     * @param seed the component
     * @param maximumTokens the component
     * @throws UsageException if the style is no chat or there may be no tokens
     */
    public TraceSettings {
        if (style == PromptStyle.RAW) {
            throw new UsageException("traces are conversations; raw text has none");
        }
        if (maximumTokens < 1) {
            throw new UsageException("the cap on tokens must be at least 1, not " + maximumTokens);
        }
    }
}
