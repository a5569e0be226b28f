package dev.lathe.eval.run;

import dev.lathe.UsageException;
import java.time.Duration;
import java.util.Optional;

/**
 * How often a question is asked when the engine fails, and how long to wait in between.
 *
 * @param attempts how often at most, the first time included
 * @param firstDelay wait before the second attempt; each further wait is twice as long
 * @param longestDelay no wait is longer
 */
public record RetryPolicy(int attempts, Duration firstDelay, Duration longestDelay) {
    /** Five attempts within half a minute. */
    public static final RetryPolicy DEFAULT =
            new RetryPolicy(5, Duration.ofSeconds(2), Duration.ofSeconds(30));

    /**
     * Checks the values.
     *
     * @param attempts the component
     * @param firstDelay the component
     * @param longestDelay the component
     * @throws UsageException if there is no attempt or a wait is negative
     */
    public RetryPolicy {
        if (attempts < 1 || firstDelay.isNegative() || longestDelay.isNegative()) {
            throw new UsageException("retries need at least one attempt and no negative waits");
        }
    }

    /**
     * The wait after an attempt whose engine may have said how long to leave it alone; that counts
     * where it is longer, whatever the longest delay.
     *
     * @param attempt 1 after the first
     * @param asked what the engine asks for
     * @return how long
     */
    Duration delay(int attempt, Optional<Duration> asked) {
        Duration usual = delay(attempt);
        return asked.filter(wait -> wait.compareTo(usual) > 0).orElse(usual);
    }

    /**
     * The wait after an attempt.
     *
     * @param attempt 1 after the first
     * @return how long
     */
    Duration delay(int attempt) {
        Duration delay = firstDelay.multipliedBy(1L << Math.min(attempt - 1, 30));
        return delay.compareTo(longestDelay) > 0 ? longestDelay : delay;
    }
}
