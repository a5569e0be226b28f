package dev.lathe.eval.judge;

/**
 * The end of an output that says the same again and again.
 *
 * @param period characters of what is repeated
 * @param times how often it stands at the end
 * @param text its beginning, for readers
 */
public record Repetition(int period, int times, String text) {}
