package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The command as a process of its own, where signals, limits and the exit status matter. */
final class CommandProcess {
    private static final int TIMEOUT_SECONDS = 300;

    private final Process process;
    private final Path out;
    private final Path err;

    private CommandProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** The words that start the command in a Java machine like this one. */
    static List<String> words(Object... args) {
        List<String> words =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                                "-Xmx512m",
                                "-XX:+UseSerialGC",
                                "-Dorg.bytedeco.javacpp.cachedir="
                                        + System.getProperty("org.bytedeco.javacpp.cachedir"),
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.lathe.cli.Main"));
        Arrays.stream(args).map(String::valueOf).forEach(words::add);
        return words;
    }

    /** Starts the command; its output goes to files beside each other in the folder. */
    static CommandProcess start(Path logs, Object... args) {
        return startWords(logs, words(args));
    }

    /** Starts any program. */
    static CommandProcess startWords(Path logs, List<String> words) {
        try {
            Path out = Files.createTempFile(logs, "out", ".log");
            Path err = Files.createTempFile(logs, "err", ".log");
            Process process =
                    new ProcessBuilder(words)
                            .redirectInput(
                                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                            .redirectOutput(out.toFile())
                            .redirectError(err.toFile())
                            .start();
            return new CommandProcess(process, out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits so long at most; whether the process has ended. */
    boolean waitFor(long milliseconds) {
        try {
            return process.waitFor(milliseconds, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Processes that it has started and that run. */
    Stream<ProcessHandle> descendants() {
        return process.descendants();
    }

    /** Ends it as {@code kill -9} does. */
    void kill() {
        process.destroyForcibly();
        assertTrue(waitFor(TIMEOUT_SECONDS * 1000L), "the process outlived its kill");
    }

    /** Waits for the end. */
    CommandRun end() {
        boolean ended = waitFor(TIMEOUT_SECONDS * 1000L);
        if (!ended) {
            process.destroyForcibly();
        }
        assertTrue(ended, "no end within " + TIMEOUT_SECONDS + " s");
        return result();
    }

    /** What it has printed so far, and its status if it has ended. */
    CommandRun result() {
        try {
            return new CommandRun(
                    process.isAlive() ? -1 : process.exitValue(),
                    Files.readString(out),
                    Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
