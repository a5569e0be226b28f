package dev.lathe.eval.engines.embedded;

import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.eval.engine.EngineOptions;

/**
 * How the work is spread.
 *
 * <p>llama.cpp reads weights once for all generations of a batch, which pays for models that do not
 * fit into the processor's caches; but each token then attends over the cells of all generations,
 * which costs small models far more than they gain. They run as one process for each core with one
 * generation each, whose answers then do not depend on what else is asked.
 *
 * @param processes how many children
 * @param slots generations of each at once
 * @param threads processor threads of each
 */
record Parallelism(int processes, int slots, int threads) {
    /** Below it, matrices are too small to be shared by threads. */
    private static final long SMALL_BYTES = 64L << 20;

    private static final int MOST_SLOTS = 8;
    private static final long CACHE_BYTES = 1L << 30;
    private static final int BYTES_PER_VALUE = 2;

    /** Share of the products with weights that attention over other generations may add. */
    private static final double ATTENTION_SHARE = 0.25;

    /**
     * Chooses for a model.
     *
     * @param metadata of its file
     * @param bytes of its tensors
     * @param options what was asked for
     */
    static Parallelism of(GgufMetadata metadata, long bytes, EngineOptions options) {
        int threads =
                options.threads() > 0
                        ? options.threads()
                        : Runtime.getRuntime().availableProcessors();
        if (bytes <= SMALL_BYTES) {
            int concurrency = options.concurrency() > 0 ? options.concurrency() : threads;
            int processes = Math.min(concurrency, threads);
            return new Parallelism(processes, (concurrency + processes - 1) / processes, 1);
        }
        int slots =
                options.concurrency() > 0
                        ? options.concurrency()
                        : usualSlots(metadata, bytes, options.contextTokens());
        return new Parallelism(1, slots, threads);
    }

    private static int usualSlots(GgufMetadata metadata, long bytes, int context) {
        String architecture = metadata.findString("general.architecture").orElse("");
        double layers = size(metadata, architecture + ".block_count", 32);
        double width = size(metadata, architecture + ".embedding_length", 4096);
        double heads = size(metadata, architecture + ".attention.head_count", 32);
        double keyHeads = size(metadata, architecture + ".attention.head_count_kv", (long) heads);
        double cache = 2 * layers * width * keyHeads / heads * BYTES_PER_VALUE * context;
        // A weight takes a product and half a byte at least, a cell of the context two products.
        double attention = 2 * layers * width * context;
        double fitting = CACHE_BYTES / cache;
        double worthwhile = 1 + ATTENTION_SHARE * 2 * bytes / attention;
        return (int) Math.max(1, Math.min(MOST_SLOTS, Math.min(fitting, worthwhile)));
    }

    /** Numbers of a file are not trusted; those that are absurd count as absent. */
    private static long size(GgufMetadata metadata, String key, long otherwise) {
        long most = 1 << 20;
        return metadata.find(key).isPresent()
                ? metadata.findInteger(key)
                        .filter(value -> value > 0 && value <= most)
                        .orElse(otherwise)
                : otherwise;
    }

    /** Generations at once. */
    int concurrency() {
        return processes * slots;
    }
}
