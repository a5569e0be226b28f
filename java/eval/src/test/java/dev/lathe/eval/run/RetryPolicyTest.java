package dev.lathe.eval.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static final RetryPolicy POLICY =
            new RetryPolicy(9, Duration.ofSeconds(2), Duration.ofSeconds(10));

    @Test
    void waitsDoubleUpToTheLongest() {
        assertEquals(Duration.ofSeconds(2), POLICY.delay(1));
        assertEquals(Duration.ofSeconds(4), POLICY.delay(2));
        assertEquals(Duration.ofSeconds(10), POLICY.delay(8));
    }

    @Test
    void anEngineMayAskForMore() {
        assertEquals(Duration.ofSeconds(60), POLICY.delay(1, Optional.of(Duration.ofSeconds(60))));
        assertEquals(Duration.ofSeconds(4), POLICY.delay(2, Optional.of(Duration.ofSeconds(1))));
        assertEquals(Duration.ofSeconds(4), POLICY.delay(2, Optional.empty()));
    }
}
