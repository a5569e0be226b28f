package dev.lathe.eval.engines.embedded;

/**
 * A further line to the child.
 *
 * @param id of the request, given back with each event
 * @param cancel whether the request of this id is to end; all else is then ignored
 * @param prompt the text to go on with, special tokens included
 * @param begins whether the model puts its token for beginnings before the text
 * @param temperature 0 takes the most probable token
 * @param topP smallest share of probability to draw from
 * @param seed of the draws, not negative
 * @param tokens most tokens to generate
 */
record ChildRequest(
        long id,
        boolean cancel,
        String prompt,
        boolean begins,
        double temperature,
        double topP,
        int seed,
        int tokens) {
    /** Ends a request. */
    static ChildRequest cancel(long id) {
        return new ChildRequest(id, true, "", false, 0, 1, 0, 0);
    }

    /** The same under another id. */
    ChildRequest withId(long newId) {
        return new ChildRequest(newId, cancel, prompt, begins, temperature, topP, seed, tokens);
    }
}
