package dev.lathe.eval.engines.embedded;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaIterator;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.args.Sampler;
import dev.lathe.eval.engines.embedded.ChildEvent.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** One request in the child: generates, and sends text in portions. */
final class ChildGeneration {
    private static final int PORTION = 32;
    private static final long PORTION_NANOS = 250_000_000;

    private final LlamaModel model;
    private final ChildRequest request;
    private final int context;
    private final LineWriter parent;
    private final List<String> pieces = new ArrayList<>();
    private final List<Integer> counts = new ArrayList<>();
    private volatile boolean cancelled;

    ChildGeneration(LlamaModel model, ChildRequest request, int context, LineWriter parent) {
        this.model = model;
        this.request = request;
        this.context = context;
        this.parent = parent;
    }

    /** Ends the generation before its next token. */
    void cancel() {
        cancelled = true;
    }

    /** Generates to the end. What goes wrong is sent. */
    void run() {
        try {
            try {
                generate();
            } catch (RuntimeException e) {
                parent.write(ChildEvent.of(Kind.FAILED, request.id(), e.getMessage()));
            }
        } catch (IOException e) {
            // The parent is gone: the reading thread meets that too, and ends the machine.
        }
    }

    private void generate() throws IOException {
        int promptTokens = model.encode(request.prompt()).length + (request.begins() ? 1 : 0);
        int budget = Math.min(request.tokens(), context - promptTokens);
        if (promptTokens == 0 || budget < 1) {
            String message =
                    String.format(
                            "the question has %d tokens and the context %d", promptTokens, context);
            parent.write(ChildEvent.of(Kind.REFUSED, request.id(), message));
            return;
        }
        parent.write(ChildEvent.started(request.id(), promptTokens, budget));
        LlamaIterator outputs = model.generate(parameters(budget)).iterator();
        long sent = System.nanoTime();
        while (outputs.hasNext()) {
            if (cancelled) {
                outputs.cancel();
                break;
            }
            LlamaOutput output = outputs.next();
            if (!outputs.hasNext()) {
                // The last output closes the stream and holds no token.
                break;
            }
            pieces.add(output.text);
            counts.add(tokensOf(output.text));
            if (pieces.size() >= PORTION || System.nanoTime() - sent > PORTION_NANOS) {
                send();
                sent = System.nanoTime();
            }
        }
        send();
        parent.write(ChildEvent.of(Kind.DONE, request.id(), null));
    }

    /**
     * A piece is one token, unless tokens that end within a character were held back until it was
     * complete. The count is then that of the usual encoding.
     */
    private int tokensOf(String piece) {
        boolean plain = piece.chars().allMatch(c -> c < 0x80);
        return plain ? 1 : Math.max(1, model.encode(piece).length);
    }

    private void send() throws IOException {
        if (!pieces.isEmpty()) {
            parent.write(ChildEvent.pieces(request.id(), List.copyOf(pieces), List.copyOf(counts)));
            pieces.clear();
            counts.clear();
        }
    }

    private InferenceParameters parameters(int budget) {
        InferenceParameters parameters =
                new InferenceParameters(request.prompt())
                        .setNPredict(budget)
                        .setCachePrompt(false)
                        .setSeed(request.seed())
                        .setTemperature((float) request.temperature());
        if (request.temperature() == 0) {
            return parameters.setSamplers(Sampler.TEMPERATURE);
        }
        // As vLLM and transformers do it: the temperature first, and nothing but these two.
        return parameters
                .setTopP((float) request.topP())
                .setSamplers(Sampler.TEMPERATURE, Sampler.TOP_P);
    }
}
