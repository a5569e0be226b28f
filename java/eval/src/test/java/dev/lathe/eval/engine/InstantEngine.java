package dev.lathe.eval.engine;

import java.util.Map;
import java.util.function.Function;

/** Answers at once, with what a function makes of the request. */
public final class InstantEngine implements Engine {
    private final int concurrency;
    private final Function<GenerationRequest, Generation> answers;
    private boolean closed;

    /** An engine of a given concurrency. */
    public InstantEngine(int concurrency, Function<GenerationRequest, Generation> answers) {
        this.concurrency = concurrency;
        this.answers = answers;
    }

    /** An engine that says the same words to everything, after so many tokens of thinking. */
    public static InstantEngine saying(String words, int thinkingTokens) {
        return new InstantEngine(4, request -> said("Hm.</think>" + words, thinkingTokens));
    }

    /** A generation of some text. */
    public static Generation said(String output, int thinkingTokens) {
        return new Generation(output, StopReason.END, 10, thinkingTokens, 5, false, 0.25);
    }

    @Override
    public Map<String, String> description() {
        return Map.of("engine", "instant");
    }

    @Override
    public int concurrency() {
        return concurrency;
    }

    @Override
    public Generation generate(GenerationRequest request) {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
        return answers.apply(request);
    }

    @Override
    public void close() {
        closed = true;
    }
}
