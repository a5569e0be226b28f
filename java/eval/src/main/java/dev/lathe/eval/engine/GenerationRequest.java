package dev.lathe.eval.engine;

/**
 * One question for a model.
 *
 * @param message what the user says
 * @param opening how the model's turn starts, where the style asks for it
 * @param style how message and opening become the model's input
 * @param sampling how tokens are drawn
 * @param seed of the draws
 * @param maximumTokens most tokens to generate; less where the context ends earlier
 */
public record GenerationRequest(
        String message,
        String opening,
        PromptStyle style,
        Sampling sampling,
        long seed,
        int maximumTokens) {}
