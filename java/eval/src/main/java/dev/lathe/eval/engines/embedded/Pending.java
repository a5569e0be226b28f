package dev.lathe.eval.engines.embedded;

import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A request under way: gathers what the child says about it. Written by the reading thread. */
final class Pending {
    /** No model says so much; what does is not to be kept. */
    private static final int MOST_CHARACTERS = 32 << 20;

    private final List<String> pieces = new ArrayList<>();
    private final List<Integer> counts = new ArrayList<>();
    private final CompletableFuture<Pending> end = new CompletableFuture<>();
    private long characters;
    private int promptTokens;
    private int budget;

    /** Takes an event. */
    void accept(ChildEvent event) {
        switch (event.kind()) {
            case STARTED -> {
                promptTokens = event.promptTokens();
                budget = event.budget();
            }
            case PIECES -> add(event);
            case DONE -> end.complete(this);
            case REFUSED -> fail(new EngineException(Kind.REFUSED, event.message()));
            case FAILED ->
                    fail(new EngineException(Kind.RUBBISH, "llama.cpp failed: " + event.message()));
            default -> fail(new EngineException(Kind.RUBBISH, "the child says " + event.kind()));
        }
    }

    private void add(ChildEvent event) {
        for (int i = 0; i < event.pieces().size(); i++) {
            pieces.add(event.pieces().get(i));
            counts.add(event.counts().get(i));
            characters += event.pieces().get(i).length();
        }
        if (characters > MOST_CHARACTERS) {
            fail(new EngineException(Kind.RUBBISH, "the model says more than can be kept"));
        }
    }

    /** Ends it with a failure, unless it has ended. */
    void fail(EngineException failure) {
        end.completeExceptionally(failure);
    }

    /** Completes when all events are there. */
    CompletableFuture<Pending> end() {
        return end;
    }

    /** Texts of the tokens, in order; complete after the end. */
    List<String> pieces() {
        return pieces;
    }

    /** How many tokens each piece took. */
    List<Integer> counts() {
        return counts;
    }

    /** Tokens of the input. */
    int promptTokens() {
        return promptTokens;
    }

    /** Most tokens that were to be generated. */
    int budget() {
        return budget;
    }
}
