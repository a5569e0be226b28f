package dev.lathe.eval.engine;

import java.util.Map;

/**
 * Runs one model. Each call to {@link #generate} stands alone: engines neither retry nor remember;
 * they do end a generation that makes no progress.
 */
public interface Engine extends AutoCloseable {
    /**
     * What runs: kind, version, model, context, for the record of the run.
     *
     * @return names and values, in the order to show them
     */
    Map<String, String> description();

    /**
     * How many generations may run at once.
     *
     * @return at least 1; {@link #generate} may be called from so many threads
     */
    int concurrency();

    /**
     * Asks the model.
     *
     * @param request what to ask
     * @return what it said
     * @throws EngineException if there is no usable answer
     */
    Generation generate(GenerationRequest request);

    /** Ends processes and connections; generations under way fail. */
    @Override
    void close();
}
