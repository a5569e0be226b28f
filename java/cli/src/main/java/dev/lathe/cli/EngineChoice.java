package dev.lathe.cli;

import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engines.Engines;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
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

    @Mixin private EngineLimits limits;

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

    /** Refuses what {@link #open} would refuse, before anything is written or started. */
    void check(Path file, String served, int contextTokens) {
        Engines.check(engine, file, options(served, contextTokens));
    }

    /**
     * Opens the engine.
     *
     * @param file the GGUF file, or null for a server's model
     * @param served the model's name at the server, or null for its only one
     */
    Engine open(Path file, String served, int contextTokens) {
        return Engines.open(engine, file, options(served, contextTokens));
    }

    private EngineOptions options(String served, int contextTokens) {
        return limits.options(contextTokens).withServerModel(served).withKeyVariable(keyVariable);
    }
}
