package dev.lathe.eval.traces;

import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.tokenizer.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of a file of traces: a conversation that ends with what the model said, thinking
 * included, as {@link dev.lathe.calibrate.Conversation} reads it.
 *
 * @param messages the prompt's and the model's
 * @param prompt which prompt of the file, from 0
 * @param sample which of the samples of this prompt, from 0
 * @param stop why the generation ended
 * @param thinkingTokens generated tokens up to the end of thinking
 * @param answerTokens the other generated tokens
 * @param settings how it was made
 */
public record Trace(
        List<Message> messages,
        int prompt,
        int sample,
        StopReason stop,
        int thinkingTokens,
        int answerTokens,
        TraceSettings settings) {
    /**
     * Copies the messages.
     *
     * @param messages the component
     * @param prompt the component
     * @param sample the component
     * @param stop the component
     * @param thinkingTokens the component
     * @param answerTokens the component
     * @param settings the component
     */
    public Trace {
        messages = messages == null ? List.of() : List.copyOf(messages);
    }

    static Trace of(
            List<Message> asked,
            int prompt,
            int sample,
            Generation generation,
            TraceSettings settings) {
        List<Message> messages = new ArrayList<>(asked);
        messages.add(new Message("assistant", content(generation)));
        return new Trace(
                messages,
                prompt,
                sample,
                generation.stop(),
                generation.thinkingTokens(),
                generation.answerTokens(),
                settings);
    }

    /** Where the prompt opened the thinking, the output does not; a trace always does. */
    private static String content(Generation generation) {
        String output = generation.output();
        ModelOutput parts = ModelOutput.parse(output, generation.stop() == StopReason.LENGTH);
        boolean thought = parts.closed() || parts.cut() && generation.thinkingTokens() > 0;
        boolean opened = output.stripLeading().startsWith(ModelOutput.OPEN);
        return thought && !opened ? ModelOutput.OPEN + "\n" + output : output;
    }

    /**
     * All generated tokens.
     *
     * @return thinking and answer
     */
    int tokens() {
        return thinkingTokens + answerTokens;
    }
}
