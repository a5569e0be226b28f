package dev.lathe.eval.engines;

import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;

/** Requests for tests. */
public final class Requests {
    /** How the paper's prompts open the model's turn. */
    public static final String OPENING = "\n<think>\n";

    private Requests() {}

    /** Plain text without an opening, greedy. */
    public static GenerationRequest raw(String text, int tokens) {
        return new GenerationRequest(text, "", PromptStyle.RAW, Sampling.GREEDY, 1, tokens);
    }

    /** Drawn at temperature 1. */
    public static GenerationRequest drawn(String text, long seed, int tokens) {
        return new GenerationRequest(text, "", PromptStyle.RAW, new Sampling(1, 1), seed, tokens);
    }

    /** A question in a style, greedy. */
    public static GenerationRequest styled(String text, PromptStyle style, int tokens) {
        return new GenerationRequest(text, OPENING, style, Sampling.GREEDY, 1, tokens);
    }
}
