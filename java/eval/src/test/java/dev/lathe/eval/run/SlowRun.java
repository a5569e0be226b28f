package dev.lathe.eval.run;

import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.InstantEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A run that takes some milliseconds a question, to be killed. */
public final class SlowRun {
    static final int QUESTIONS = 150;
    static final int SAMPLES = 2;

    private SlowRun() {}

    /** Asks everything; each question asked becomes a line of a file. */
    public static void main(String[] arguments) {
        Path asked = Path.of(arguments[1]);
        RunFolder run =
                RunFolder.create(
                        Path.of(arguments[0]),
                        MadeRun.settings(SAMPLES),
                        MadeRun.questions(QUESTIONS));
        new EvaluationRun(run, MadeRun.QUICK, RunListener.NONE)
                .ask(
                        MadeRun.model("m"),
                        null,
                        () -> new InstantEngine(4, request -> slowly(request, asked)));
    }

    private static Generation slowly(GenerationRequest request, Path asked) {
        try {
            Files.writeString(
                    asked,
                    request.seed() + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
            Thread.sleep(5);
            return InstantEngine.said("x".repeat(3000) + request.seed() + "</think>(A)", 9);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
