package dev.lathe.cli;

import dev.lathe.eval.run.RetryPolicy;
import picocli.CommandLine.Option;

/** What to do when an engine fails. */
final class AttemptOptions {
    @Option(
            names = "--attempts",
            paramLabel = "N",
            defaultValue = "5",
            description =
                    "How often a question is asked when the engine fails. Default: ${DEFAULT-VALUE}.")
    private int attempts;

    RetryPolicy retries() {
        return new RetryPolicy(
                attempts, RetryPolicy.DEFAULT.firstDelay(), RetryPolicy.DEFAULT.longestDelay());
    }
}
