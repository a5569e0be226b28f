package dev.lathe.eval.results;

/**
 * What became of the answers of a model on a task.
 *
 * @param questions questions asked
 * @param answers outputs judged: right, wrong and without an answer
 * @param right right ones
 * @param wrong wrong ones
 * @param noAnswer outputs in which no answer was found
 * @param failed requests that the engine failed at; in no other count
 * @param missing answers not asked for yet
 * @param truncated outputs that the cap ended
 * @param repeating outputs that end in endless repetition
 */
public record Counts(
        int questions,
        int answers,
        int right,
        int wrong,
        int noAnswer,
        int failed,
        int missing,
        int truncated,
        int repeating) {}
