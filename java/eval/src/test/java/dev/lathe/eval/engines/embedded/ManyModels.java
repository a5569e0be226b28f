package dev.lathe.eval.engines.embedded;

import dev.lathe.eval.TinyReasoner;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.engines.Engines;
import dev.lathe.eval.run.EvaluationRun;
import dev.lathe.eval.run.LocalModel;
import dev.lathe.eval.run.RetryPolicy;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.run.RunListener;
import dev.lathe.eval.run.RunSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Evaluates copies of one model one after the other, and prints what that costs this process. */
final class ManyModels {
    private static final int QUESTIONS = 2;
    private static final int MOST_TOKENS = 96;

    private ManyModels() {}

    /** Prints a line for each model: answers, children while asking and after, and so on. */
    public static void main(String[] arguments) throws IOException {
        Path model = Path.of(arguments[0]);
        Path folder = Path.of(arguments[1]);
        RunSettings settings =
                new RunSettings(
                        List.of(TinyReasoner.TASK.name()),
                        QUESTIONS,
                        1,
                        PromptStyle.RAW,
                        Sampling.GREEDY,
                        1,
                        MOST_TOKENS,
                        TinyReasoner.OPTIONS.contextTokens());
        EngineOptions options = TinyReasoner.OPTIONS.withConcurrency(1);
        RunFolder run = RunFolder.create(folder, settings, TinyReasoner.questions(QUESTIONS));
        for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
            Path copy = Files.copy(model, folder.resolve("copy-" + i + ".gguf"));
            LocalModel local = LocalModel.of(copy, null);
            AtomicLong whileAsking = new AtomicLong();
            RunListener listener =
                    (answer, done, total) -> whileAsking.accumulateAndGet(children(), Math::max);
            EvaluationRun.Summary summary =
                    new EvaluationRun(run, RetryPolicy.DEFAULT, listener)
                            .ask(
                                    local.description(),
                                    local.fingerprint(),
                                    () -> Engines.open(Engines.EMBEDDED, copy, options));
            System.gc();
            System.out.printf(
                    "%d %d %d %d %d %d%n",
                    summary.answered(),
                    whileAsking.get(),
                    children(),
                    status("VmRSS:"),
                    status("Threads:"),
                    openFiles());
            Files.delete(copy);
        }
    }

    private static long children() {
        return ProcessHandle.current().descendants().filter(ProcessHandle::isAlive).count();
    }

    /** A number that Linux tells of this process; sizes are in KiB. */
    private static long status(String name) throws IOException {
        String line =
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(each -> each.startsWith(name))
                        .findFirst()
                        .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D+", ""));
    }

    private static long openFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}
