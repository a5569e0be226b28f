package dev.lathe.eval.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.InstantEngine;
import dev.lathe.eval.results.Evaluation;
import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.run.EvaluationRun;
import dev.lathe.eval.run.MadeRun;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.run.RunListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep over a tiny model, undisturbed and broken off. */
class SweepTest {
    private static final Path MODEL =
            Path.of("../core/src/test/resources/golden/logits/llama-head/model");

    @TempDir Path folder;

    /** Notes what is done. */
    private static final class Steps implements Sweep.Listener {
        private final RunFolder run;
        private final List<String> steps = new ArrayList<>();

        Steps(RunFolder run) {
            this.run = run;
        }

        @Override
        public Compression compressing(String point, Compression compression) {
            steps.add("compress " + point);
            return compression;
        }

        @Override
        public EvaluationRun asking(String point) {
            steps.add("ask " + point);
            return new EvaluationRun(run, MadeRun.QUICK, RunListener.NONE);
        }

        @Override
        public void finished(String point) {
            steps.add("finished " + point);
        }
    }

    private RunFolder run() {
        return RunFolder.create(folder.resolve("run"), MadeRun.settings(1), MadeRun.questions(20));
    }

    private static List<SweepPoint> points() {
        List<Storage> storages = List.of(Storage.type("Q8_0"), Storage.type("Q4_0"));
        return SweepPoint.grid(Recipe.EMPTY, List.of(0.0, 0.5), storages);
    }

    private List<String> sweep(Function<Path, Engine> engines, boolean discard) {
        RunFolder run = run();
        Steps steps = new Steps(run);
        Sweep sweep = new Sweep(MODEL, run.path(), each -> each.threads(1), engines, discard);
        assertEquals(List.of(), sweep.refusals(points()));
        try {
            sweep.over(run, points(), steps);
        } catch (LatheException e) {
            steps.steps.add(e.getMessage());
        }
        return steps.steps;
    }

    @Test
    void theGridIsEverySparsityWithEveryStorage() {
        assertEquals(
                List.of("Q8_0", "Q4_0", "sparsity 0.5, Q8_0", "sparsity 0.5, Q4_0"),
                points().stream().map(SweepPoint::name).toList());
        List<SweepPoint> sized =
                SweepPoint.grid(
                        Recipe.EMPTY,
                        List.of(0.5),
                        List.of(Storage.bitsPerWeight(2.51), Storage.mix("Q4_K_M")));
        assertEquals("sparsity 0.5, 2.51 bpw", sized.get(0).name());
        assertEquals(2.51, sized.get(0).recipe().bitsPerWeight());
        assertEquals("Q4_K_M", sized.get(1).recipe().mix());
        List<SweepPoint> pruned = SweepPoint.grid(Recipe.EMPTY, List.of(0.0, 0.3), List.of());
        assertEquals(List.of("sparsity 0.3"), pruned.stream().map(SweepPoint::name).toList());
        assertThrows(
                UsageException.class, () -> SweepPoint.grid(Recipe.EMPTY, List.of(0.0), List.of()));
        assertThrows(
                UsageException.class,
                () -> SweepPoint.grid(Recipe.EMPTY, List.of(0.3, 0.3), List.of()));
    }

    @Test
    void aSweepThatBreaksOffGoesOnThere() {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger limit = new AtomicInteger(50);
        Function<Path, Engine> engines =
                file ->
                        new InstantEngine(
                                1,
                                request -> {
                                    if (asked.get() >= limit.get()) {
                                        throw new EngineException(
                                                EngineException.Kind.REFUSED, "broken off");
                                    }
                                    asked.incrementAndGet();
                                    return InstantEngine.said("The answer is (A).", 3);
                                });
        List<String> first = sweep(engines, false);
        assertEquals(
                List.of(
                        "compress original",
                        "ask original",
                        "finished original",
                        "compress Q8_0",
                        "ask Q8_0",
                        "finished Q8_0",
                        "compress Q4_0",
                        "ask Q4_0"),
                first.subList(0, 8));
        assertTrue(first.get(8).contains("broken off"), first.get(8));
        limit.set(Integer.MAX_VALUE);
        List<String> second = sweep(engines, false);
        assertFalse(second.contains("compress Q8_0"), "finished models are kept: " + second);
        assertFalse(second.contains("compress Q4_0"));
        assertTrue(second.contains("compress sparsity 0.5, Q4_0"));
        assertEquals(5 * 20, asked.get(), "no question is asked twice");
        List<Path> folders = List.of(folder.resolve("run"));
        try (Evaluation evaluation = Evaluation.open(folders, SweepPoint.ORIGINAL)) {
            List<ModelDescription> models =
                    evaluation.results().models().stream().map(ModelResult::model).toList();
            assertEquals(5, models.size());
            assertEquals(4.5, models.get(2).bitsPerWeight(), 1e-9, "Q4_0");
            assertEquals(0.5, models.get(4).sparsity(), 0.01);
            assertTrue(models.get(2).bytes() < models.get(1).bytes());
        }
    }

    @Test
    void discardedModelsAreNotMadeAgain() throws Exception {
        Function<Path, Engine> engines = file -> InstantEngine.saying("(A)", 3);
        sweep(engines, true);
        try (Stream<Path> files = Files.list(folder.resolve("run").resolve("compressed"))) {
            List<String> left = files.map(Path::toString).toList();
            assertTrue(left.stream().allMatch(file -> file.endsWith(".done")), left.toString());
        }
        List<String> again = sweep(engines, true);
        assertTrue(again.stream().allMatch(step -> step.startsWith("finished")), again.toString());
    }

    @Test
    void whatCannotBeIsToldBeforehand() {
        List<Storage> storages = List.of(Storage.type("IQ4_NL"), Storage.type("Q8_0"));
        List<SweepPoint> points = SweepPoint.grid(Recipe.EMPTY, List.of(0.0, 0.5), storages);
        Sweep sweep = new Sweep(MODEL, folder, each -> each.threads(1), file -> null, false);
        assertEquals(
                List.of("sparsity 0.5, IQ4_NL"),
                sweep.refusals(points).stream().map(Sweep.Refusal::name).toList());
        assertThrows(UsageException.class, () -> sweep.refusals(List.of(points.get(2))));
    }
}
