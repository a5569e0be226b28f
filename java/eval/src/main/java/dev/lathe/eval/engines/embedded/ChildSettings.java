package dev.lathe.eval.engines.embedded;

/**
 * The first line to the child: what to load.
 *
 * @param model a GGUF file
 * @param context tokens of one generation
 * @param slots how many generations run at once
 * @param threads processor threads
 */
record ChildSettings(String model, int context, int slots, int threads) {}
