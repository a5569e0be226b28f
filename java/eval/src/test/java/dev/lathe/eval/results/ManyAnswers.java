package dev.lathe.eval.results;

import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.InstantEngine;
import dev.lathe.eval.run.EvaluationRun;
import dev.lathe.eval.run.MadeRun;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.run.RunListener;
import java.nio.file.Path;
import java.util.List;

/** Asks, logs, judges and sums up very many answers of an engine that answers at once. */
public final class ManyAnswers {
    static final int QUESTIONS = 12_500;
    static final int SAMPLES = 8;

    private static final String THOUGHT =
            "She was at the mall from 2pm to 3pm, so she cannot have gone then. ".repeat(30);

    private ManyAnswers() {}

    /** Prints answers, right ones and seconds. */
    public static void main(String[] arguments) {
        long start = System.nanoTime();
        Path folder = Path.of(arguments[0]);
        RunFolder run =
                RunFolder.create(folder, MadeRun.settings(SAMPLES), MadeRun.questions(QUESTIONS));
        EvaluationRun asking = new EvaluationRun(run, MadeRun.QUICK, RunListener.NONE);
        asking.ask(MadeRun.model("m"), null, () -> new InstantEngine(8, ManyAnswers::answer));
        try (Evaluation evaluation = Evaluation.open(List.of(folder), null)) {
            Counts counts = evaluation.results().models().get(0).tasks().get(0).counts();
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf("%d %d %.3f%n", counts.answers(), counts.right(), seconds);
        }
    }

    private static Generation answer(GenerationRequest request) {
        String letter = request.seed() % 4 == 0 ? "(B)" : "(A)";
        return InstantEngine.said(
                THOUGHT + "</think>\nBoth were open.\n\n**Answer:** " + letter,
                (int) (500 + request.seed() % 300));
    }
}
