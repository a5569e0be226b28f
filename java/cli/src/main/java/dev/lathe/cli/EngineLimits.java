package dev.lathe.cli;

import dev.lathe.eval.engine.EngineOptions;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How much an engine does at once, and how long it is waited for. */
final class EngineLimits {
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

    /** The engine's options, which are checked here. */
    EngineOptions options(int contextTokens) {
        return EngineOptions.withContext(contextTokens)
                .withConcurrency(concurrency)
                .withThreads(threads)
                .withStall(Duration.ofSeconds(stall));
    }
}
