package dev.lathe.eval.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.eval.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Endless repetition at the end of outputs, made and real. */
class RepetitionTest {
    private static final String LINE = "Therefore, the answer is none of the above.\n\nBut wait. ";

    @Test
    void theSameAgainAndAgainIsFound() {
        Repetition found = Repetition.of("Let me think. " + LINE.repeat(20));
        assertEquals(LINE.length(), found.period());
        assertEquals(20, found.times());
    }

    @Test
    void theLastTimeMayBeCutOff() {
        String text = "Let me think: " + LINE.repeat(20) + LINE.substring(0, 17);
        assertEquals(20, Repetition.of(text).times());
    }

    @Test
    void whatEndsOtherwiseIsNoRepetition() {
        assertNull(Repetition.of(LINE.repeat(20) + "Yes: (A)."));
        assertNull(Repetition.of(LINE.repeat(3)));
        assertNull(Repetition.of("-".repeat(100)));
        assertNull(Repetition.of(""));
        StringBuilder steps = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            steps.append("Step ").append(i).append(": add ").append(i * i).append('\n');
        }
        assertNull(Repetition.of(steps.toString()));
    }

    @Test
    void aSinglePeriodIsFoundInAnyRandomText() {
        Random random = new Random(3);
        for (int run = 0; run < 200; run++) {
            int period = 1 + random.nextInt(300);
            StringBuilder unit = new StringBuilder();
            for (int i = 0; i < period; i++) {
                unit.append((char) ('a' + random.nextInt(26)));
            }
            int times = 4 + 400 / period + random.nextInt(5);
            Repetition found = Repetition.of("#" + unit.toString().repeat(times));
            assertEquals(times * period, found.times() * found.period());
            assertEquals(0, period % found.period());
        }
    }

    @Test
    void longOutputsTakeNoTime() {
        String text = "ab".repeat(5_000_000);
        assertTimeout(Duration.ofSeconds(1), () -> Repetition.of(text));
    }

    @Test
    void endlessRealOutputsAreFoundAndNoOthers() throws IOException {
        Set<String> repeating = new TreeSet<>();
        for (String task : List.of("aime2024", "folio", "musique", "temporal-sequences")) {
            String file = "r1-distill-llama-8b-awq/" + task + ".jsonl";
            for (String line : Files.readAllLines(SharedData.path(file))) {
                var row = new ObjectMapper().readTree(line);
                if (Repetition.of(row.get("output").asText()) != null) {
                    repeating.add(task + " " + row.get("index"));
                }
            }
        }
        // Read: these four were cut off by the cap, and their last pages are loops.
        assertEquals(
                Set.of("aime2024 0", "musique 6", "temporal-sequences 0", "temporal-sequences 2"),
                repeating);
    }
}
