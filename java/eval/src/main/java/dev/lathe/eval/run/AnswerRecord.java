package dev.lathe.eval.run;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.StopReason;

/**
 * One line of {@code answers.jsonl}: what an engine made of one question. It holds no verdict, so
 * that a scorer can change without asking a model again.
 *
 * @param task the task's name
 * @param index the question's row
 * @param sample which of the samples of this question, from 0
 * @param seed of the draws
 * @param output the text, or null where the engine failed
 * @param stop why it ended, or null
 * @param promptTokens tokens of the input; −1 where unknown
 * @param thinkingTokens generated tokens up to the end of thinking
 * @param answerTokens the other generated tokens
 * @param splitEstimated whether that split is an estimate
 * @param seconds time of the generation
 * @param attempts how often the engine was asked
 * @param failure why there is no output, or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AnswerRecord(
        String task,
        int index,
        int sample,
        long seed,
        String output,
        StopReason stop,
        int promptTokens,
        int thinkingTokens,
        int answerTokens,
        boolean splitEstimated,
        double seconds,
        int attempts,
        String failure) {
    static AnswerRecord of(AnswerKey key, long seed, int attempts, Generation generation) {
        return new AnswerRecord(
                key.task(),
                key.index(),
                key.sample(),
                seed,
                generation.output(),
                generation.stop(),
                generation.promptTokens(),
                generation.thinkingTokens(),
                generation.answerTokens(),
                generation.splitEstimated(),
                generation.seconds(),
                attempts,
                null);
    }

    static AnswerRecord failure(AnswerKey key, long seed, int attempts, String reason) {
        return new AnswerRecord(
                key.task(),
                key.index(),
                key.sample(),
                seed,
                null,
                null,
                -1,
                0,
                0,
                false,
                0,
                attempts,
                reason);
    }

    /**
     * Which answer this is.
     *
     * @return its key
     */
    @JsonIgnore
    public AnswerKey key() {
        return new AnswerKey(task, index, sample);
    }

    /**
     * Whether the engine failed.
     *
     * @return true where there is no output
     */
    @JsonIgnore
    public boolean failed() {
        return failure != null;
    }

    /**
     * All generated tokens.
     *
     * @return thinking and answer
     */
    @JsonIgnore
    public int tokens() {
        return thinkingTokens + answerTokens;
    }
}
