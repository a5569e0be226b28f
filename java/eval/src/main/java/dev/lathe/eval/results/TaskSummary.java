package dev.lathe.eval.results;

/**
 * A task as it was asked.
 *
 * @param name its name
 * @param title its name for readers
 * @param questions how many questions were asked
 */
public record TaskSummary(String name, String title, int questions) {}
