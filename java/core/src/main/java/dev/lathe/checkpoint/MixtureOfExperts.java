package dev.lathe.checkpoint;

/**
 * The feed-forward networks of a block that a router chooses among.
 *
 * @param count experts of a block
 * @param used experts that a token is sent to
 * @param width width within an expert
 * @param shared width within the network that every token goes through; 0: there is none
 * @param denseBlocks blocks at the beginning that have one network in place of experts
 */
public record MixtureOfExperts(int count, int used, int width, int shared, int denseBlocks) {
    /**
     * Checks that the numbers make a mixture.
     *
     * @param count the component
     * @param used the component
     * @param width the component
     * @param shared the component
     * @param denseBlocks the component
     * @throws IllegalArgumentException naming the number that does not fit
     */
    public MixtureOfExperts {
        if (count < 1 || used < 1 || used > count) {
            throw new IllegalArgumentException(
                    used + " of " + count + " experts, expected at least one and at most all");
        }
        if (width < 1 || shared < 0 || denseBlocks < 0) {
            throw new IllegalArgumentException(
                    String.format(
                            "experts of width %d beside a shared one of %d, after %d dense blocks",
                            width, shared, denseBlocks));
        }
    }
}
