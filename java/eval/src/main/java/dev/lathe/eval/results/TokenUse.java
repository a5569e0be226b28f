package dev.lathe.eval.results;

import dev.lathe.eval.statistics.Distribution;

/**
 * Generated tokens of a set of answers.
 *
 * @param total all of an answer's tokens
 * @param thinking those up to the end of thinking
 * @param answer the others
 */
public record TokenUse(Distribution total, Distribution thinking, Distribution answer) {}
