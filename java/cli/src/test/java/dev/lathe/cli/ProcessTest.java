package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own shows: exit statuses, limits of the system, closed pipes. */
class ProcessTest {
    @TempDir Path folder;
    private Path logs;

    @BeforeEach
    void makeLogs() throws IOException {
        logs = Files.createDirectory(folder.resolve("logs"));
    }

    @Test
    void exitStatusesReachTheShell() throws IOException {
        assertEquals(0, CommandProcess.start(logs, "--version").end().status());
        CommandRun usage = CommandProcess.start(logs, "inspect", folder.resolve("absent")).end();
        assertEquals(2, usage.status());
        assertEquals(1, usage.err().lines().count(), usage.err());
        Path broken = Files.writeString(folder.resolve("broken.gguf"), "GGUF, as it were");
        CommandRun data = CommandProcess.start(logs, "inspect", broken).end();
        assertEquals(3, data.status());
        assertEquals(1, data.err().lines().count(), data.err());
        CommandRun debug = CommandProcess.start(logs, "inspect", broken, "--debug").end();
        assertEquals(3, debug.status());
        assertTrue(debug.err().contains("\tat dev.lathe."), debug.err());
    }

    @Test
    void librariesKeepQuiet() throws IOException {
        Path text = CalibrationText.write(folder.resolve("text.txt"), 1000);
        CommandRun run =
                CommandProcess.start(
                                logs,
                                "compress",
                                CommandRun.model("qwen2"),
                                "-o",
                                folder.resolve("out"),
                                "--sparsity",
                                0.5,
                                "--sequences",
                                4,
                                "--length",
                                64,
                                "--calibration",
                                text,
                                "--json")
                        .end();
        assertEquals("", run.err());
        assertEquals(0, run.status());
        assertEquals("safetensors", run.json().get("format").asText());
    }

    /**
     * A limit on the size of files stands for the full disk: both fail in the middle of a write.
     */
    @Test
    void fullDiskGetsOneLineAndLeavesNothing() throws IOException {
        for (String output : List.of("out.gguf", "out")) {
            CommandRun run = limited(64, "compress", CommandRun.model("qwen2"), "-o", output);
            assertEquals(Main.USAGE, run.status(), run.err());
            assertEquals(1, run.err().lines().count(), run.err());
            assertTrue(run.err().contains(output + ".partial"), run.err());
            assertTrue(run.err().contains("cannot be written"), run.err());
            assertEquals(List.of("logs"), names());
        }
    }

    /** The output fits, the activations that memory does not hold do not. */
    @Test
    void fullDiskInTheMiddleOfARunLeavesNothing() throws IOException {
        Path model = CommandRun.model("qwen2");
        Path text = CalibrationText.write(logs.resolve("text.txt"), 20000);
        Object[] options = {
            model, "-o", "out.gguf", "--sparsity", 0.5, "--calibration", text, "--length", 256
        };
        List<Object> plan = new ArrayList<>(List.of("plan"));
        plan.addAll(List.of(options));
        plan.add("--json");
        long least = leastMegabytes(plan);
        List<Object> compress = new ArrayList<>(List.of("compress"));
        compress.addAll(List.of(options));
        compress.addAll(List.of("--memory", least + "m"));
        CommandRun run = limited(600, compress.toArray());
        assertEquals(Main.USAGE, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains("activations"), run.err());
        assertEquals(List.of("logs"), names());
    }

    /** What the refusal of a bound that is far too low says is needed. */
    private static long leastMegabytes(List<Object> plan) {
        List<Object> bounded = new ArrayList<>(plan);
        bounded.addAll(List.of("--memory", "1m"));
        CommandRun run = CommandRun.of(bounded.toArray());
        assertEquals(Main.USAGE, run.status(), run.err());
        String number = run.err().replaceAll(".*at least (\\d+) .*\\s*", "$1");
        return Long.parseLong(number) + 1;
    }

    @Test
    void closedPipeIsNoFailure() {
        String words =
                quoted(CommandProcess.words("inspect", CommandRun.model("qwen3"), "--tensors"));
        List<String> shell = List.of("bash", "-c", words + " | head -n 1");
        CommandRun run = CommandProcess.startWords(logs, shell).end();
        assertEquals("", run.err());
        assertTrue(run.out().startsWith("model "), run.out());
        assertEquals(1, run.out().lines().count());
    }

    /** Runs the command where files may not grow past so many KiB, in the folder. */
    private CommandRun limited(int kibibytes, Object... args) {
        List<String> words = CommandProcess.words(args);
        String script =
                "cd '" + folder + "' && ulimit -f " + kibibytes + " && exec " + quoted(words);
        return CommandProcess.startWords(logs, List.of("bash", "-c", script)).end();
    }

    private static String quoted(List<String> words) {
        return String.join(" ", words.stream().map(word -> "'" + word + "'").toList());
    }

    private List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }
}
