package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, killed as {@code kill -9} does: the same command ends with the same bytes. */
class InterruptionTest {
    private static final int KILLS = 10;

    /** Seconds that a run shall take at least, so that there is something to interrupt. */
    private static final double LONG_ENOUGH = 2;

    @TempDir static Path shared;
    private static Path model;
    private static Path text;
    private static Path expected;
    private static long runMillis;

    @TempDir Path folder;
    private Path logs;

    @BeforeAll
    static void runUndisturbed() throws IOException {
        model = RandomFolder.write(shared.resolve("model"));
        text = CalibrationText.write(shared.resolve("text.txt"), 30000);
        expected = shared.resolve("expected.gguf");
        long start = System.nanoTime();
        CommandRun run = CommandProcess.start(shared, command(expected)).end();
        runMillis = (System.nanoTime() - start) / 1_000_000;
        assertEquals(0, run.status(), run.err());
        assertTrue(runMillis > 1000 * LONG_ENOUGH, "a run takes only " + runMillis + " ms");
    }

    @BeforeEach
    void makeLogs() throws IOException {
        logs = Files.createDirectory(folder.resolve("logs"));
    }

    private static Object[] command(Path output, Object... more) {
        Object[] command = {
            "compress",
            model,
            "-o",
            output,
            "--sparsity",
            0.5,
            "--type",
            "Q4_0",
            "--calibration",
            text,
            "--sequences",
            48,
            "--length",
            256,
            "--threads",
            1
        };
        return Stream.concat(Arrays.stream(command), Arrays.stream(more)).toArray();
    }

    @Test
    void killedAtRandomMomentsItEndsWithTheSameBytes() throws IOException {
        Random random = new Random(20240607);
        Path output = folder.resolve("out.gguf");
        Path journal = folder.resolve("out.gguf.journal");
        int resumed = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            CommandProcess process = CommandProcess.start(logs, command(output));
            boolean ended = process.waitFor((long) (runMillis * random.nextDouble()));
            if (!ended) {
                process.kill();
            }
            CommandRun run = process.result();
            resumed += run.err().contains("going on") ? 1 : 0;
            if (ended) {
                assertEquals(0, run.status(), run.err());
            }
            // One that was killed on its way out, with all its work done, has ended too: the
            // journal goes last.
            if (ended || Files.exists(output) && !Files.exists(journal)) {
                assertEnded(output);
                Files.delete(output);
                Files.delete(record(output));
            }
        }
        CommandRun last = CommandProcess.start(logs, command(output)).end();
        assertEquals(0, last.status(), last.err());
        resumed += last.err().contains("going on") ? 1 : 0;
        assertTrue(resumed > 0, "no run took up what another left");
        assertEnded(output);
    }

    @Test
    void killedWhileTheFirstTensorsAreWrittenAFolderEndsTheSame() throws IOException {
        Path whole = folder.resolve("whole");
        CommandRun run = CommandProcess.start(logs, command(whole)).end();
        assertEquals(0, run.status(), run.err());
        Path output = folder.resolve("out");
        Path journal = folder.resolve("out.journal");
        for (long lines = 1; lines <= 3; lines++) {
            CommandProcess process = CommandProcess.start(logs, command(output));
            while (lines(journal) <= lines && !process.waitFor(1)) {
                Thread.onSpinWait();
            }
            process.kill();
            assertFalse(Files.exists(output), "an output before its time");
        }
        CommandRun last = CommandProcess.start(logs, command(output)).end();
        assertEquals(0, last.status(), last.err());
        assertTrue(last.err().contains("going on"), last.err());
        try (Stream<Path> files = Files.list(whole)) {
            for (Path file : files.toList()) {
                Path twin = output.resolve(file.getFileName());
                if (!file.endsWith("lathe.json")) {
                    assertEquals(-1, Files.mismatch(file, twin), file.toString());
                }
            }
        }
        assertEquals(names(whole), names(output));
        assertFalse(Files.exists(journal));
    }

    @Test
    void anotherCommandIsRefusedUntilToldToStartOver() throws IOException {
        Path output = folder.resolve("out.gguf");
        Path journal = folder.resolve("out.gguf.journal");
        CommandProcess process = CommandProcess.start(logs, command(output));
        while (lines(journal) < 2 && !process.waitFor(1)) {
            Thread.onSpinWait();
        }
        process.kill();
        for (Object[] change :
                new Object[][] {{"--damping", 0.05}, {"--threads", 2}, {"--seed", 4}}) {
            CommandRun run = CommandRun.of(command(output, change));
            assertEquals(Main.USAGE, run.status(), run.err());
            assertEquals(1, run.err().lines().count(), run.err());
            String name = change[0].toString().substring(2);
            assertTrue(run.err().contains(name), run.err());
            assertTrue(run.err().contains("--restart"), run.err());
        }
        CommandRun fresh = CommandRun.of(command(output, "--restart"));
        assertEquals(0, fresh.status(), fresh.err());
        assertFalse(fresh.err().contains("going on"), fresh.err());
        assertEnded(output);
    }

    @Test
    void secondProcessOnTheSameOutputIsRefused() throws IOException {
        Path output = folder.resolve("out.gguf");
        Path journal = folder.resolve("out.gguf.journal");
        CommandProcess first = CommandProcess.start(logs, command(output));
        while (lines(journal) < 2 && !first.waitFor(1)) {
            Thread.onSpinWait();
        }
        CommandRun second = CommandProcess.start(logs, command(output)).end();
        assertEquals(Main.USAGE, second.status(), second.err());
        assertTrue(second.err().contains("another process"), second.err());
        CommandRun ended = first.end();
        assertEquals(0, ended.status(), ended.err());
        assertEnded(output);
    }

    /** The bytes are those of the undisturbed run, and nothing but output and record is left. */
    private void assertEnded(Path output) throws IOException {
        assertEquals(-1, Files.mismatch(expected, output));
        assertTrue(Files.exists(record(output)));
        assertEquals(
                Map.of("logs", true, "out.gguf", true, "out.gguf.lathe.json", true), names(folder));
    }

    private static Path record(Path output) {
        return output.resolveSibling(output.getFileName() + ".lathe.json");
    }

    private static Map<String, Boolean> names(Path folder) throws IOException {
        Map<String, Boolean> names = new TreeMap<>();
        try (Stream<Path> entries = Files.list(folder)) {
            entries.forEach(entry -> names.put(entry.getFileName().toString(), true));
        }
        return names;
    }

    private static long lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readString(file).lines().count() : 0;
    }
}
