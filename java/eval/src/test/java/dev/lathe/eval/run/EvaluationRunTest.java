package dev.lathe.eval.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.InstantEngine;
import dev.lathe.eval.task.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asking, going on, retrying and failing. */
class EvaluationRunTest {
    @TempDir Path folder;

    private EvaluationRun.Summary ask(
            RunFolder run, Function<GenerationRequest, Generation> answers) {
        return new EvaluationRun(run, MadeRun.QUICK, RunListener.NONE)
                .ask(MadeRun.model("m"), "f", () -> new InstantEngine(4, answers));
    }

    private RunFolder run(int questions, int samples) {
        return RunFolder.create(
                folder.resolve("run"), MadeRun.settings(samples), MadeRun.questions(questions));
    }

    private List<AnswerRecord> answers(RunFolder run) {
        List<AnswerRecord> answers = new ArrayList<>();
        try (AnswerLog log = AnswerLog.read(run.models().get(0).answers(), run.index())) {
            for (int slot = 0; slot < run.index().slots(); slot++) {
                answers.add(log.get(slot));
            }
        }
        return answers;
    }

    @Test
    void everySampleOfEveryQuestionIsAskedOnceWithASeedOfItsOwn() {
        List<GenerationRequest> asked = Collections.synchronizedList(new ArrayList<>());
        RunFolder run = run(30, 3);
        EvaluationRun.Summary summary =
                ask(
                        run,
                        request -> {
                            asked.add(request);
                            return InstantEngine.said("<b>" + request.message() + "\n", 3);
                        });
        assertEquals(new EvaluationRun.Summary(0, 90, 0), summary);
        assertEquals(90, asked.size());
        assertEquals(
                90, new HashSet<>(asked.stream().map(GenerationRequest::seed).toList()).size());
        assertTrue(asked.stream().allMatch(each -> each.opening().equals("<think>\n")));
        for (AnswerRecord answer : answers(run)) {
            assertEquals("<b>question " + answer.index() + "\n", answer.output());
            assertEquals(run.settings().seed(answer.key()), answer.seed());
        }
    }

    @Test
    void nothingIsAskedTwice() {
        RunFolder run = run(10, 2);
        AtomicInteger asked = new AtomicInteger();
        ask(
                run,
                request -> {
                    asked.incrementAndGet();
                    return InstantEngine.said("(A)", 0);
                });
        assertEquals(
                new EvaluationRun.Summary(20, 0, 0),
                new EvaluationRun(run(10, 2), MadeRun.QUICK, RunListener.NONE)
                        .ask(
                                MadeRun.model("m"),
                                "f",
                                () -> {
                                    throw new AssertionError("the engine starts for nothing");
                                }));
        assertEquals(20, asked.get());
    }

    @Test
    void failuresAreRetriedThenReportedThenAskedAgainByTheNextRun() {
        RunFolder run = run(20, 1);
        Map<String, Integer> attempts = new ConcurrentHashMap<>();
        Function<GenerationRequest, Generation> answers =
                request -> {
                    int attempt = attempts.merge(request.message(), 1, Integer::sum);
                    if (request.message().equals("question 3")) {
                        throw new EngineException(EngineException.Kind.STALLED, "nothing for 60 s");
                    }
                    if (request.message().equals("question 4")) {
                        throw new EngineException(EngineException.Kind.REFUSED, "too long");
                    }
                    if (request.message().equals("question 5") && attempt < 3) {
                        throw new EngineException(EngineException.Kind.RUBBISH, "not JSON");
                    }
                    return attempt == 1 && request.message().equals("question 6")
                            ? null
                            : InstantEngine.said("(A)", 0);
                };
        assertEquals(new EvaluationRun.Summary(0, 18, 2), ask(run, answers));
        assertEquals(3, attempts.get("question 3"));
        assertEquals(1, attempts.get("question 4"), "a refusal is final");
        List<AnswerRecord> first = answers(run);
        assertEquals("stalled: nothing for 60 s", first.get(3).failure());
        assertEquals(3, first.get(3).attempts());
        assertEquals("refused: too long", first.get(4).failure());
        assertEquals(3, first.get(5).attempts());
        assertFalse(first.get(5).failed());
        assertEquals(2, first.get(6).attempts(), "no generation is rubbish");
        assertEquals(
                new EvaluationRun.Summary(18, 2, 0),
                ask(run(20, 1), request -> InstantEngine.said("(A)", 0)));
        assertTrue(answers(run).stream().noneMatch(AnswerRecord::failed));
    }

    @Test
    void anEngineThatIsDownEndsTheRunAndKeepsWhatWasAnswered() {
        RunFolder run = run(200, 1);
        AtomicInteger asked = new AtomicInteger();
        LatheException failure =
                assertThrows(
                        LatheException.class,
                        () ->
                                ask(
                                        run,
                                        request -> {
                                            if (asked.incrementAndGet() > 50) {
                                                throw new EngineException(
                                                        EngineException.Kind.UNREACHABLE, "gone");
                                            }
                                            return InstantEngine.said("(A)", 0);
                                        }));
        assertTrue(failure.getMessage().contains("gone"), failure.getMessage());
        assertTrue(asked.get() < 50 + 3 * 15, "it stops soon: " + asked);
        EvaluationRun.Summary rest = ask(run(200, 1), request -> InstantEngine.said("(A)", 0));
        assertEquals(50, rest.kept());
        assertEquals(150, rest.answered());
    }

    @Test
    void aTornLastLineIsDropped() throws IOException {
        RunFolder run = run(5, 1);
        ask(run, request -> InstantEngine.said("(A)", 0));
        Path log = run.models().get(0).answers();
        byte[] whole = Files.readAllBytes(log);
        for (int cut = 1; cut < 60; cut += 7) {
            Files.write(log, Arrays.copyOf(whole, whole.length - cut));
            assertEquals(4, ask(run, request -> InstantEngine.said("(A)", 0)).kept());
            assertEquals(5, answers(run).stream().filter(each -> each != null).count());
        }
    }

    @Test
    void brokenLinesAreNamed() throws IOException {
        RunFolder run = run(5, 1);
        ask(run, request -> InstantEngine.said("(A)", 0));
        Path log = run.models().get(0).answers();
        String whole = Files.readString(log);
        Map<String, String> mistakes =
                Map.of(
                        "nonsense\n", "line 6: ",
                        "null\n", "line 6: must be an object",
                        "{\"task\":\"folio\",\"index\":0}\n", "not in this run",
                        "{\"task\":\"temporal-sequences\",\"index\":0,\"sample\":1}\n",
                                "not in this run",
                        "{\"task\":\"temporal-sequences\",\"index\":0}\n", "either an output",
                        "{\"task\":\"temporal-sequences\",\"index\":0,\"verdict\":1}\n", "verdict");
        for (Map.Entry<String, String> mistake : mistakes.entrySet()) {
            Files.writeString(log, whole + mistake.getKey());
            DataException failure =
                    assertThrows(
                            DataException.class,
                            () -> AnswerLog.read(log, run.index()).close(),
                            mistake.getKey());
            assertTrue(failure.getMessage().startsWith(log.toString()), failure.getMessage());
            assertTrue(failure.getMessage().contains(mistake.getValue()), failure.getMessage());
            assertEquals(1, failure.getMessage().lines().count());
        }
    }

    @Test
    void otherSettingsQuestionsModelsAndEnginesAreRefused() {
        RunFolder run = run(5, 2);
        ask(run, request -> InstantEngine.said("(A)", 0));
        assertThrows(UsageException.class, () -> run(5, 3));
        assertThrows(UsageException.class, () -> run(6, 2));
        EvaluationRun again = new EvaluationRun(run, MadeRun.QUICK, RunListener.NONE);
        assertThrows(
                UsageException.class,
                () -> again.ask(MadeRun.model("m"), "other", () -> InstantEngine.saying("", 1)));
        assertNotNull(run.model(MadeRun.model("n"), "other"));
        assertThrows(
                UsageException.class,
                () -> run.models().get(0).engine(Map.of("engine", "another")));
        assertThrows(UsageException.class, () -> RunFolder.open(folder));
    }

    @Test
    void twoProcessesDoNotWriteOneLog() {
        RunFolder run = run(5, 1);
        ask(run, request -> InstantEngine.said("(A)", 0));
        Path log = run.models().get(0).answers();
        try (AnswerLog first = AnswerLog.append(log, run.index())) {
            assertEquals(5, first.answered());
            assertThrows(UsageException.class, () -> AnswerLog.append(log, run.index()));
        }
    }

    @Test
    void aFolderOfSomethingElseIsLeftAlone() throws IOException {
        Path other = Files.createDirectories(folder.resolve("thesis"));
        Files.writeString(other.resolve("thesis.tex"), "", StandardOpenOption.CREATE);
        List<Question> questions = MadeRun.questions(1);
        assertThrows(
                UsageException.class,
                () -> RunFolder.create(other, MadeRun.settings(1), questions));
    }
}
