package dev.lathe.eval.judge;

import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.task.Score;

/**
 * What one output comes to.
 *
 * @param extraction what was taken for the answer
 * @param score how good it is
 * @param truncated whether the cap on tokens ended it
 * @param repetition endless repetition at its end, or null
 */
public record Judgement(
        Extraction extraction, Score score, boolean truncated, Repetition repetition) {}
