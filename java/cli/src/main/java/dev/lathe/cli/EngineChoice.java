package dev.lathe.cli;

import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engines.Engines;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Option;

/** What runs the models. */
final class EngineChoice {
    @Option(
            names = "--engine",
            paramLabel = "ENGINE",
            defaultValue = Engines.EMBEDDED,
            description =
                    "embedded: llama.cpp, brought along, in processes of its own; or the address of"
                            + " an OpenAI-compatible server (llama-server, vLLM), such as"
                            + " http://localhost:8080/v1. Default: ${DEFAULT-VALUE}.")
    private String engine;

    @Option(
            names = "--concurrency",
            paramLabel = "N",
            defaultValue = "0",
            description = "Questions at once; 0: the engine chooses. Default: ${DEFAULT-VALUE}.")
    private int concurrency;

    @Option(
            names = "--engine-threads",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Processor threads of the embedded engine; 0: one per core. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int threads;

    @Option(
            names = "--stall",
            paramLabel = "SECONDS",
            defaultValue = "120",
            description =
                    "A generation without progress for so long has failed. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int stall;

    @Option(
            names = "--key-variable",
            paramLabel = "NAME",
            defaultValue = EngineOptions.USUAL_KEY_VARIABLE,
            description =
                    "Environment variable that holds the server's key. Default: ${DEFAULT-VALUE}.")
    private String keyVariable;

    boolean server() {
        return Engines.isServer(engine);
    }

    /**
     * Opens the engine.
     *
     * @param file the GGUF file, or null for a server's model
     * @param served the model's name at the server, or null for its only one
     */
    Engine open(Path file, String served, int contextTokens) {
        EngineOptions options =
                new EngineOptions(
                        contextTokens,
                        concurrency,
                        threads,
                        Duration.ofSeconds(stall),
                        served,
                        keyVariable);
        return Engines.open(engine, file, options);
    }
}
