package dev.lathe.eval.engine;

/**
 * What a model said.
 *
 * @param output the text as {@link dev.lathe.eval.extract.ModelOutput} describes it
 * @param stop why it ended
 * @param promptTokens tokens of the input; −1 where the engine does not tell
 * @param thinkingTokens generated tokens up to and including the end of thinking
 * @param answerTokens the other generated tokens
 * @param splitEstimated whether the engine told only the sum, and the split follows the text's
 *     lengths
 * @param seconds time from the request to the last token
 */
public record Generation(
        String output,
        StopReason stop,
        int promptTokens,
        int thinkingTokens,
        int answerTokens,
        boolean splitEstimated,
        double seconds) {}
