package dev.lathe.checkpoint;

/**
 * How a checkpoint is written.
 *
 * @param replace an output that exists is replaced when the new one is complete; without it, it is
 *     refused at the start
 * @param resume a partial output of an earlier run is taken up again if it has the same layout;
 *     without it, it is discarded
 * @param keepPartial a partial output stays when the writer is closed before it is finished;
 *     without it, it is removed
 * @param maximumShardBytes a safetensors file that would hold more bytes of tensors is split
 */
public record WriteOptions(
        boolean replace, boolean resume, boolean keepPartial, long maximumShardBytes) {
    /** The bound that transformers uses. */
    private static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

    /**
     * Checks the bound.
     *
     * @param replace the component
     * @param resume the component
     * @param keepPartial the component
     * @param maximumShardBytes the component
     * @throws IllegalArgumentException if it is not above 0
     */
    public WriteOptions {
        if (maximumShardBytes < 1) {
            throw new IllegalArgumentException("shards of " + maximumShardBytes + " bytes");
        }
    }

    /**
     * Returns the usual way: nothing is replaced, resumed or kept; shards of 5 GB.
     *
     * @return the options
     */
    public static WriteOptions defaults() {
        return new WriteOptions(false, false, false, DEFAULT_SHARD_BYTES);
    }

    /**
     * Changes whether an existing output is replaced.
     *
     * @param value whether it is
     * @return changed options
     */
    public WriteOptions withReplace(boolean value) {
        return new WriteOptions(value, resume, keepPartial, maximumShardBytes);
    }

    /**
     * Changes whether a partial output is taken up again.
     *
     * @param value whether it is
     * @return changed options
     */
    public WriteOptions withResume(boolean value) {
        return new WriteOptions(replace, value, keepPartial, maximumShardBytes);
    }

    /**
     * Changes whether a partial output is kept.
     *
     * @param value whether it is
     * @return changed options
     */
    public WriteOptions withKeepPartial(boolean value) {
        return new WriteOptions(replace, resume, value, maximumShardBytes);
    }

    /**
     * Changes how large a safetensors file may become.
     *
     * @param value bytes of tensors
     * @return changed options
     */
    public WriteOptions withMaximumShardBytes(long value) {
        return new WriteOptions(replace, resume, keepPartial, value);
    }
}
