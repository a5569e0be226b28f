package dev.lathe.eval.engines.embedded;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.GgufCheckpoint;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * llama.cpp in child processes, for GGUF files. A child that died is started anew by the next
 * request.
 */
public final class EmbeddedEngine implements Engine {
    /** The llama.cpp that is embedded. */
    public static final String VERSION = "b4916";

    private final Path file;
    private final EngineOptions options;
    private final Parallelism parallelism;
    private final PromptFormat format;
    private final ControlTokens vocabulary;
    private final List<LlamaLane> lanes = new ArrayList<>();

    /** Each lane as often as it may be asked at once. */
    private final BlockingQueue<LlamaLane> free;

    private EmbeddedEngine(Path file, EngineOptions options, GgufCheckpoint checkpoint) {
        GgufMetadata metadata = checkpoint.metadata();
        long bytes = checkpoint.tensors().stream().mapToLong(TensorInfo::byteLength).sum();
        this.file = file;
        this.options = options;
        this.format = PromptFormat.of(metadata);
        this.vocabulary = ControlTokens.of(metadata);
        this.parallelism = Parallelism.of(metadata, bytes, options);
        ChildSettings settings =
                new ChildSettings(
                        file.toAbsolutePath().toString(),
                        options.contextTokens(),
                        parallelism.slots(),
                        parallelism.threads());
        for (int i = 0; i < parallelism.processes(); i++) {
            lanes.add(new LlamaLane(settings));
        }
        this.free = new ArrayBlockingQueue<>(parallelism.concurrency());
        for (int i = 0; i < parallelism.slots(); i++) {
            free.addAll(lanes);
        }
    }

    /**
     * Loads a model.
     *
     * @param file a GGUF file, or the first of a split one
     * @param options context, concurrency, threads and patience
     * @return the engine, ready to be asked
     * @throws UsageException if there is no such file
     * @throws DataException if it is broken
     * @throws EngineException if llama.cpp cannot use it
     */
    public static EmbeddedEngine open(Path file, EngineOptions options) {
        EmbeddedEngine engine;
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(file)) {
            engine = new EmbeddedEngine(file, options, checkpoint);
        }
        // The first lane tells whether the model can be used; the others start when needed.
        engine.lanes.get(0).running();
        return engine;
    }

    @Override
    public Map<String, String> description() {
        Map<String, String> description = new LinkedHashMap<>();
        description.put("engine", "llama.cpp " + VERSION + ", embedded");
        description.put("model", file.getFileName().toString());
        description.put("context", Integer.toString(options.contextTokens()));
        description.put("processes", Integer.toString(parallelism.processes()));
        description.put("generations at once", Integer.toString(concurrency()));
        description.put("threads of each process", Integer.toString(parallelism.threads()));
        return description;
    }

    @Override
    public int concurrency() {
        return parallelism.concurrency();
    }

    @Override
    public Generation generate(GenerationRequest request) {
        PromptFormat.Prompt prompt = format.prompt(request);
        ChildRequest question =
                new ChildRequest(
                        0,
                        false,
                        prompt.text(),
                        prompt.begins(),
                        request.sampling().temperature(),
                        request.sampling().topP(),
                        Long.hashCode(request.seed()) & Integer.MAX_VALUE,
                        request.maximumTokens());
        long start = System.nanoTime();
        Pending answer = ask(question);
        GeneratedText text = GeneratedText.of(answer, vocabulary, prompt.thinks());
        return new Generation(
                text.text(),
                text.stop(),
                answer.promptTokens(),
                text.thinkingTokens(),
                text.answerTokens(),
                false,
                (System.nanoTime() - start) / 1e9);
    }

    private Pending ask(ChildRequest question) {
        LlamaLane lane;
        try {
            lane = free.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineException(EngineException.Kind.UNREACHABLE, "interrupted", e);
        }
        try {
            return lane.running().ask(question, options.stall());
        } finally {
            free.add(lane);
        }
    }

    /** The children that run, for tests. */
    List<ProcessHandle> children() {
        return lanes.stream().flatMap(lane -> lane.child().stream()).toList();
    }

    @Override
    public void close() {
        lanes.forEach(LlamaLane::close);
    }
}
