package dev.lathe.checkpoint;

/**
 * Attention whose queries, keys and values go through narrow layers, as in DeepSeek-V3.
 *
 * @param queryRank width of the narrow layer of queries
 * @param keyValueRank width of the narrow layer that keys and values share
 * @param plainSize values of a head's query and key that are not rotated
 * @param rotarySize values of a head's query, and of the one key of all heads, that are rotated
 * @param valueSize width of a head's values
 */
public record LatentAttention(
        int queryRank, int keyValueRank, int plainSize, int rotarySize, int valueSize) {
    /**
     * Checks that the numbers are sizes.
     *
     * @param queryRank the component
     * @param keyValueRank the component
     * @param plainSize the component
     * @param rotarySize the component
     * @param valueSize the component
     * @throws IllegalArgumentException if one is not above 0
     */
    public LatentAttention {
        int least =
                Math.min(
                        Math.min(queryRank, keyValueRank),
                        Math.min(plainSize, Math.min(rotarySize, valueSize)));
        if (least < 1) {
            throw new IllegalArgumentException(
                    String.format(
                            "latent attention of ranks %d and %d with heads of %d + %d and %d,"
                                    + " expected all above 0",
                            queryRank, keyValueRank, plainSize, rotarySize, valueSize));
        }
    }
}
