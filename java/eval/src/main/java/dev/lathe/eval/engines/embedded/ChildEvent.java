package dev.lathe.eval.engines.embedded;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * A line from the child.
 *
 * @param kind what happened
 * @param id of the request; 0 where there is none
 * @param promptTokens tokens of the input
 * @param budget most tokens that will be generated
 * @param pieces texts that were generated
 * @param counts how many tokens each piece took
 * @param message what went wrong
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ChildEvent(
        Kind kind,
        long id,
        int promptTokens,
        int budget,
        List<String> pieces,
        List<Integer> counts,
        String message) {
    /** What happened. */
    enum Kind {
        /** The model is loaded. */
        READY,
        /** The model cannot be loaded; the child ends. */
        UNUSABLE,
        /** A request begins: its sizes are known. */
        STARTED,
        /** Text was generated. */
        PIECES,
        /** A request has all its text. */
        DONE,
        /** A request will never do. */
        REFUSED,
        /** A request failed. */
        FAILED
    }

    /** An event without numbers. */
    static ChildEvent of(Kind kind, long id, String message) {
        return new ChildEvent(kind, id, 0, 0, null, null, message);
    }

    /** The beginning of a request. */
    static ChildEvent started(long id, int promptTokens, int budget) {
        return new ChildEvent(Kind.STARTED, id, promptTokens, budget, null, null, null);
    }

    /** Generated text. */
    static ChildEvent pieces(long id, List<String> pieces, List<Integer> counts) {
        return new ChildEvent(Kind.PIECES, id, 0, 0, pieces, counts, null);
    }
}
