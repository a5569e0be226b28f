package dev.lathe.eval.engine;

import dev.lathe.UsageException;
import java.time.Duration;

/**
 * How an engine is run.
 *
 * @param contextTokens most tokens of a question and its answer together
 * @param concurrency how many generations run at once; 0: the engine chooses
 * @param threads processor threads of the embedded engine; 0: one for each core
 * @param stall how long an engine may make no progress
 * @param serverModel name of the model at a server; null: the only one that it has
 * @param keyVariable environment variable that holds a server's key
 */
public record EngineOptions(
        int contextTokens,
        int concurrency,
        int threads,
        Duration stall,
        String serverModel,
        String keyVariable) {
    /** The variable that clients of such servers read by convention. */
    public static final String USUAL_KEY_VARIABLE = "OPENAI_API_KEY";

    private static final int MOST_CONTEXT = 1 << 20;
    private static final int MOST_CONCURRENCY = 1024;

    /**
     * Checks the values.
     *
     * @param contextTokens the component
     * @param concurrency the component
     * @param threads the component
     * @param stall the component
     * @param serverModel the component
     * @param keyVariable the component
     * @throws UsageException if one is out of range
     */
    public EngineOptions {
        check("context", contextTokens, 16, MOST_CONTEXT);
        check("concurrency", concurrency, 0, MOST_CONCURRENCY);
        check("threads", threads, 0, MOST_CONCURRENCY);
        if (stall.isNegative() || stall.isZero()) {
            throw new UsageException("the time without progress must be above 0, not " + stall);
        }
    }

    /**
     * The usual options.
     *
     * @param contextTokens most tokens of a question and its answer together
     * @return options of two minutes without progress, all else chosen by the engine
     */
    public static EngineOptions withContext(int contextTokens) {
        return new EngineOptions(
                contextTokens, 0, 0, Duration.ofMinutes(2), null, USUAL_KEY_VARIABLE);
    }

    /**
     * Sets how many generations run at once.
     *
     * @param value 0: the engine chooses
     * @return new options
     */
    public EngineOptions withConcurrency(int value) {
        return new EngineOptions(contextTokens, value, threads, stall, serverModel, keyVariable);
    }

    /**
     * Sets the threads of the embedded engine.
     *
     * @param value 0: one for each core
     * @return new options
     */
    public EngineOptions withThreads(int value) {
        return new EngineOptions(
                contextTokens, concurrency, value, stall, serverModel, keyVariable);
    }

    /**
     * Sets how long an engine may make no progress.
     *
     * @param value above 0
     * @return new options
     */
    public EngineOptions withStall(Duration value) {
        return new EngineOptions(
                contextTokens, concurrency, threads, value, serverModel, keyVariable);
    }

    /**
     * Sets the model's name at a server.
     *
     * @param value null: the only one that it has
     * @return new options
     */
    public EngineOptions withServerModel(String value) {
        return new EngineOptions(contextTokens, concurrency, threads, stall, value, keyVariable);
    }

    /**
     * Sets where a server's key is found.
     *
     * @param value name of an environment variable
     * @return new options
     */
    public EngineOptions withKeyVariable(String value) {
        return new EngineOptions(contextTokens, concurrency, threads, stall, serverModel, value);
    }

    private static void check(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new UsageException(what + " must be " + least + " to " + most + ", not " + value);
        }
    }
}
