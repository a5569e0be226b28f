package dev.lathe.eval.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.eval.JavaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed (signal 9) again and again ends with the answers of an undisturbed one. */
class KilledRunTest {
    private static final int KILLS = 5;
    private static final int IN_FLIGHT = 4;

    @TempDir Path folder;

    @Test
    void killedRunsGoOnWithoutAskingWhatIsAnswered() throws Exception {
        Path disturbed = folder.resolve("disturbed");
        Path asked = folder.resolve("asked");
        Random random = new Random(11);
        for (int kill = 0; kill < KILLS; kill++) {
            long lines = lines(asked).size() + 5 + random.nextInt(40);
            Process process = start(disturbed, asked);
            while (process.isAlive() && lines(asked).size() < lines) {
                Thread.sleep(2);
            }
            assertTrue(process.isAlive(), "killed in the middle: " + output());
            process.destroyForcibly();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS));
            assertEquals(128 + 9, process.exitValue());
        }
        finish(start(disturbed, asked));
        Path whole = folder.resolve("whole");
        finish(start(whole, folder.resolve("asked-whole")));

        List<String> answers = answers(disturbed);
        assertEquals(SlowRun.QUESTIONS * SlowRun.SAMPLES, answers.size());
        assertEquals(answers(whole), answers);
        int asks = lines(asked).size();
        // Only what was on its way when the process died, and so has no answer, is asked again.
        assertTrue(asks >= answers.size() && asks <= answers.size() + KILLS * IN_FLIGHT, "" + asks);
    }

    private Process start(Path run, Path asked) throws IOException {
        return JavaProcess.start(
                "64m", SlowRun.class, folder.resolve("output"), run.toString(), asked.toString());
    }

    private void finish(Process process) throws Exception {
        assertTrue(process.waitFor(120, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), this::output);
    }

    private String output() {
        try {
            return Files.readString(folder.resolve("output"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** The log's lines by content: the order depends on threads. */
    private static List<String> answers(Path run) throws IOException {
        RunFolder opened = RunFolder.open(run);
        try (Stream<String> lines = Files.lines(opened.models().get(0).answers())) {
            return lines.sorted().toList();
        }
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }
}
