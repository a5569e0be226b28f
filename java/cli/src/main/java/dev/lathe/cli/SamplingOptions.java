package dev.lathe.cli;

import dev.lathe.eval.engine.Sampling;
import picocli.CommandLine.Option;

/** How answers are drawn, and how long they may be. */
final class SamplingOptions {
    @Option(names = "--greedy", description = "Take the most probable token instead of drawing.")
    private boolean greedy;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0.6",
            description = "Temperature of the draws. Default: ${DEFAULT-VALUE}, as R1 asks for.")
    private double temperature;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            defaultValue = "0.95",
            description = "Share of probability to draw from. Default: ${DEFAULT-VALUE}.")
    private double topP;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "0",
            description = "Each answer's own seed follows from it. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "8192",
            description =
                    "An answer is cut off here; how often is told. Default: ${DEFAULT-VALUE}.")
    private int maximumTokens;

    @Option(
            names = "--context",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Most tokens of question and answer together; 0: the cap and 2048. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int contextTokens;

    Sampling sampling() {
        return greedy ? Sampling.GREEDY : new Sampling(temperature, topP);
    }

    long seed() {
        return seed;
    }

    int maximumTokens() {
        return maximumTokens;
    }

    int contextTokens() {
        return contextTokens == 0
                ? (int) Math.min(Integer.MAX_VALUE, maximumTokens + 2048L)
                : contextTokens;
    }
}
