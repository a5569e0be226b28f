package dev.lathe.eval.results;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.eval.SharedData;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.InstantEngine;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.run.EvaluationRun;
import dev.lathe.eval.run.MadeRun;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.run.RunListener;
import dev.lathe.eval.statistics.LengthEffect;
import dev.lathe.eval.task.OutputOrder;
import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.Tasks;
import dev.lathe.eval.task.Verdict;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Figures of made runs, counted by hand. */
class EvaluationTest {
    @TempDir Path folder;

    private RunFolder run(String name, int questions, int samples) {
        return RunFolder.create(
                folder.resolve(name), MadeRun.settings(samples), MadeRun.questions(questions));
    }

    private void ask(RunFolder run, String model, Function<GenerationRequest, Generation> answers) {
        new EvaluationRun(run, MadeRun.QUICK, RunListener.NONE)
                .ask(MadeRun.model(model), null, () -> new InstantEngine(3, answers));
    }

    private static int number(GenerationRequest request) {
        return Integer.parseInt(request.message().replaceAll("\\D", ""));
    }

    /** Of 40 questions: 10 failed, 6 without an answer and cut off, 8 wrong, 16 right. */
    private static Generation mixed(GenerationRequest request) {
        int i = number(request);
        if (i < 10) {
            String reason = "no " + i;
            if (i % 4 != 3) {
                throw new EngineException(EngineException.Kind.REFUSED, reason);
            }
            throw new EngineException(EngineException.Kind.STALLED, reason);
        }
        if (i < 16) {
            String loop = "But wait, let me check the options again. ".repeat(40) + "But";
            return new Generation(loop, StopReason.LENGTH, 9, 900, 100, false, 10);
        }
        boolean right = i < 32;
        return new Generation(
                "Hm.</think>The answer is " + (right ? "(A)." : "(B)."),
                StopReason.END,
                9,
                right ? 90 : 190,
                10,
                i % 2 == 0,
                right ? 1 : 2);
    }

    @Test
    void everyOutcomeIsCountedOnce() {
        RunFolder run = run("run", 40, 1);
        // The first eight failures come in a row with three threads; the run would end otherwise.
        new EvaluationRun(run, MadeRun.QUICK, RunListener.NONE)
                .ask(MadeRun.model("m"), null, () -> new InstantEngine(64, EvaluationTest::mixed));
        try (Evaluation evaluation = Evaluation.open(List.of(run.path()), null)) {
            TaskResult task = evaluation.results().models().get(0).tasks().get(0);
            assertEquals(new Counts(40, 30, 16, 8, 6, 10, 0, 6, 6), task.counts());
            assertEquals(16.0 / 30, task.accuracy().mean(), 1e-12, "failures are in no mean");
            assertNull(task.f1());
            assertNull(task.accuracyChange());
            ComputeResult compute = task.compute();
            assertEquals(
                    (16 * 100 + 8 * 200 + 6 * 1000) / 30.0, compute.all().total().mean(), 1e-9);
            assertEquals(90, compute.right().thinking().mean());
            assertEquals(10, compute.right().answer().mean());
            assertEquals(14, compute.notRight().total().count());
            assertEquals((16 + 16 + 60) / (1600.0 + 1600 + 6000), compute.secondsPerToken(), 1e-12);
            assertEquals(12, compute.splitEstimated());
            assertEquals(1, compute.lengthEffect().probability());
            assertEquals(LengthEffect.Finding.SHORTER_IS_RIGHT, compute.lengthEffect().finding());
            List<JudgedAnswer> failed = evaluation.answers(evaluation.questions().get(3));
            assertNull(failed.get(0).judgement());
            assertEquals("stalled: no 3", failed.get(0).answer().failure());
            JudgedAnswer wrong = evaluation.answers(evaluation.questions().get(39)).get(0);
            assertEquals(Verdict.WRONG, wrong.judgement().score().verdict());
        }
    }

    @Test
    void modelsAreComparedWithTheBaselineInOneFolderOrSeveral() {
        RunFolder first = run("first", 20, 2);
        RunFolder second = run("second", 20, 2);
        ask(first, "dense", request -> InstantEngine.said("The answer is (A).", 5));
        ask(
                second,
                "small",
                request ->
                        InstantEngine.said(
                                "The answer is (" + (number(request) < 5 ? "B" : "A") + ").", 9));
        List<Path> folders = List.of(second.path(), first.path());
        try (Evaluation evaluation = Evaluation.open(folders, "dense")) {
            Results results = evaluation.results();
            assertEquals("dense", results.baseline());
            ModelResult small = results.models().get(1);
            assertEquals("small", small.model().name());
            assertEquals(-0.25, small.tasks().get(0).accuracyChange().mean(), 1e-12);
            assertEquals(10, small.tasks().get(0).accuracyChange().lost());
            assertEquals(0, small.tasks().get(0).accuracyChange().gained());
            assertTrue(small.tasks().get(0).accuracyChange().high() < 0);
            assertEquals(0.75, small.average().mean(), 1e-12);
            assertEquals(14, small.tokensPerQuestion());
            assertEquals(4, evaluation.answers(evaluation.questions().get(0)).size());
        }
        assertThrows(UsageException.class, () -> Evaluation.open(folders, "absent"));
        RunFolder third = run("third", 21, 2);
        ask(third, "other", request -> InstantEngine.said("(A)", 5));
        assertThrows(
                UsageException.class,
                () -> Evaluation.open(List.of(first.path(), third.path()), null));
        assertThrows(
                UsageException.class,
                () -> Evaluation.open(List.of(first.path(), first.path()), null));
        assertThrows(
                UsageException.class,
                () -> Evaluation.open(List.of(run("empty", 1, 1).path()), null));
    }

    @Test
    void outputsInThePapersOrderAreRecognised() {
        Task task = Tasks.named("aime2024");
        OutputScores scores =
                OutputScores.of(
                        task,
                        task.questions(SharedData.path(task.source().file())),
                        SharedData.path("r1-distill-llama-8b-awq/aime2024.jsonl"),
                        OutputOrder.AUTO);
        assertEquals("paper", scores.order());
        assertEquals(6, scores.right());
        assertEquals(24, scores.answers().get(0).row());
        assertTrue(scores.answers().get(0).truncated());
        assertTrue(scores.answers().get(0).repeating());
    }
}
