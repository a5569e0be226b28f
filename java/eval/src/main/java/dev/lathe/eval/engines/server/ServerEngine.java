package dev.lathe.eval.engines.server;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Timeout;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.completions.Completion;
import dev.lathe.UsageException;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.extract.ModelOutput;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** An OpenAI-compatible server: chat completions, or completions for raw text, as streams. */
public final class ServerEngine implements Engine {
    private static final int USUAL_CONCURRENCY = 8;
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final String NO_KEY = "none";

    /** An event for each token, each of some hundred bytes. */
    private static final long MOST_BYTES = 4L << 20;

    private static final long BYTES_PER_TOKEN = 4096;

    private final URI address;
    private final EngineOptions options;
    private final OpenAIClient client;
    private final Guard guard;
    private final ServerModel model;

    private ServerEngine(URI address, EngineOptions options, String key) {
        this.address = versioned(address);
        this.options = options;
        this.guard = new Guard(options.stall());
        this.client =
                OpenAIOkHttpClient.builder()
                        .baseUrl(this.address.toString())
                        .apiKey(key)
                        .maxRetries(0)
                        .disableTelemetry(true)
                        .timeout(
                                Timeout.builder()
                                        .connect(CONNECT)
                                        .read(options.stall())
                                        .write(options.stall())
                                        .request(Duration.ZERO)
                                        .build())
                        // Some servers drop idle connections without a word; a question that
                        // meets one would count as a failure.
                        .putHeader("Connection", "close")
                        .addInterceptor(guard)
                        .build();
        boolean known = false;
        try {
            Progress progress = new Progress(options.stall(), false, MOST_BYTES);
            this.model =
                    call(progress, () -> ServerModel.find(client.models(), options.serverModel()));
            known = true;
        } finally {
            if (!known) {
                close();
            }
        }
    }

    /**
     * Asks a server for its model.
     *
     * @param address such as {@code http://localhost:8080/v1}
     * @param options model, concurrency, patience, and the variable with the key
     * @return the engine, ready to be asked
     * @throws UsageException if the server has several models and none was chosen, or not the one
     *     that was, or the variable for the key is not set
     * @throws EngineException if the server does not answer
     */
    public static ServerEngine open(URI address, EngineOptions options) {
        return new ServerEngine(address, options, key(options.keyVariable()));
    }

    /**
     * Refuses options that name a key which is not there.
     *
     * @param options with the variable for the key
     * @throws UsageException if that variable is not set
     */
    public static void requireKey(EngineOptions options) {
        key(options.keyVariable());
    }

    private static String key(String variable) {
        String key = System.getenv(variable);
        if (key != null && !key.isBlank()) {
            return key.strip();
        }
        if (!variable.equals(EngineOptions.USUAL_KEY_VARIABLE)) {
            throw new UsageException(
                    "the environment variable " + variable + " for the server's key is not set");
        }
        // Servers of one's own ask for none.
        return NO_KEY;
    }

    private static URI versioned(URI address) {
        String path = address.getPath() == null ? "" : address.getPath();
        return path.isEmpty() || path.equals("/") ? address.resolve("/v1") : address;
    }

    @Override
    public Map<String, String> description() {
        Map<String, String> description = new LinkedHashMap<>();
        description.put("engine", "server");
        description.put("address", address.getScheme() + "://" + address.getAuthority());
        description.put("model", model.name());
        description.put("software", model.software());
        description.put("generations at once", Integer.toString(concurrency()));
        return description;
    }

    @Override
    public int concurrency() {
        return options.concurrency() > 0 ? options.concurrency() : USUAL_CONCURRENCY;
    }

    @Override
    public Generation generate(GenerationRequest request) {
        long bytes = MOST_BYTES + BYTES_PER_TOKEN * request.maximumTokens();
        Progress progress = new Progress(options.stall(), true, bytes);
        long start = System.nanoTime();
        StreamedAnswer answer = new StreamedAnswer(progress);
        call(
                progress,
                () -> {
                    ask(request, answer);
                    return answer;
                });
        boolean thinks =
                request.style() != PromptStyle.CHAT
                        && request.opening().stripTrailing().endsWith(ModelOutput.OPEN);
        return answer.toGeneration(thinks, (System.nanoTime() - start) / 1e9);
    }

    private void ask(GenerationRequest request, StreamedAnswer answer) {
        if (request.style() == PromptStyle.RAW) {
            StreamResponse<Completion> events =
                    client.completions().createStreaming(model.completion(request));
            drain(events, answer::accept);
        } else {
            StreamResponse<ChatCompletionChunk> events =
                    client.chat().completions().createStreaming(model.chat(request));
            drain(events, answer::accept);
        }
    }

    private static <T> void drain(StreamResponse<T> events, Consumer<T> each) {
        try (events) {
            events.stream().forEach(each);
        }
    }

    private <T> T call(Progress progress, Supplier<T> work) {
        try {
            return guard.watch(progress, work);
        } catch (RuntimeException e) {
            if (e instanceof UsageException) {
                throw e;
            }
            throw ServerFailures.of(e, progress);
        }
    }

    @Override
    public void close() {
        guard.close();
        client.close();
    }
}
