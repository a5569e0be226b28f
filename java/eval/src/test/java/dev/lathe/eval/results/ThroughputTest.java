package dev.lathe.eval.results;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.eval.JavaProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 100,000 answers of 2 KB pass through a heap that could not hold a quarter of them. */
class ThroughputTest {
    /** 2,000 a second are promised on an idle machine; a busy one is allowed half. */
    private static final double LEAST = 1000;

    @TempDir Path folder;

    @Test
    void hundredThousandAnswersPassInASmallHeap() throws Exception {
        Path output = folder.resolve("output");
        Process process =
                JavaProcess.start(
                        "64m", ManyAnswers.class, output, folder.resolve("run").toString());
        assertTrue(process.waitFor(200, TimeUnit.SECONDS));
        String printed = Files.readString(output).strip();
        assertEquals(0, process.exitValue(), printed);
        String[] figures = printed.split(" ");
        assertEquals(100_000, Integer.parseInt(figures[0]));
        // A quarter of random seeds; five standard deviations of the binomial.
        assertEquals(75_000, Integer.parseInt(figures[1]), 5 * Math.sqrt(100_000 * 0.25 * 0.75));
        double rate = 100_000 / Double.parseDouble(figures[2]);
        assertTrue(rate >= LEAST, rate + " answers a second");
    }
}
