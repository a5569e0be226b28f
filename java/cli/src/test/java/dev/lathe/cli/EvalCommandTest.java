package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.compress.Recipe;
import dev.lathe.eval.TinyReasoner;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.InstantEngine;
import dev.lathe.eval.engines.server.EngineServer;
import dev.lathe.quantize.Feedback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** {@code lathe eval} and {@code lathe report} on the tiny reasoner and on servers. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EvalCommandTest {
    private static final int QUESTIONS = 4;

    @TempDir static Path shared;
    private static Path dense;
    private static Path small;
    private static Path run;
    private static CommandRun evaluated;

    @TempDir Path folder;

    @BeforeAll
    static void evaluate() {
        dense = TinyReasoner.compress(Recipe.EMPTY, shared.resolve("dense.gguf"));
        Recipe rounded = Recipe.builder().type("Q4_0").feedback(Feedback.NONE).build();
        small = TinyReasoner.compress(rounded, shared.resolve("small.gguf"));
        run = shared.resolve("run");
        evaluated = CommandRun.of(eval(List.of(dense, "rounded=" + small)));
    }

    private static Object[] eval(List<Object> models) {
        List<Object> words = new ArrayList<>(List.of("eval"));
        words.addAll(models);
        return FewQuestions.command(words, run, QUESTIONS, "--json");
    }

    @Test
    @Order(1)
    void modelsAreAskedComparedAndReported() throws IOException {
        assertEquals(0, evaluated.status(), evaluated.err());
        JsonNode results = evaluated.json();
        assertEquals("dense", results.get("baseline").asText());
        assertEquals(2, results.get("models").size());
        for (JsonNode model : results.get("models")) {
            JsonNode task = model.get("tasks").get(0);
            assertEquals("temporal-sequences", task.get("task").asText());
            assertEquals(QUESTIONS, task.at("/counts/answers").asInt());
            assertEquals(0, task.at("/counts/failed").asInt());
            // The dense model knows 199 of these 200 questions, the rounded one hardly fewer.
            assertTrue(task.at("/counts/right").asInt() >= QUESTIONS - 1, task.toString());
            double tokens = task.at("/compute/all/total/mean").asDouble();
            assertTrue(tokens > 30 && tokens < 96, task.toString());
        }
        JsonNode rounded = results.get("models").get(1);
        assertEquals("rounded", rounded.at("/model/name").asText());
        assertEquals(4.5, rounded.at("/model/bitsPerWeight").asDouble(), 1e-9);
        assertEquals(QUESTIONS, rounded.at("/tasks/0/accuracyChange/pairs").asInt());
        JsonNode written = new ObjectMapper().readTree(run.resolve("results.json").toFile());
        assertEquals(results, written);
        String page = Files.readString(run.resolve("report.html"));
        assertTrue(page.startsWith("<!DOCTYPE html>"), page.substring(0, 40));
        assertTrue(page.contains("rounded"));
        assertTrue(Files.readString(run.resolve("report.md")).contains("rounded"));
    }

    @Test
    @Order(2)
    void whatIsAnsweredIsNotAskedAgain() throws IOException {
        List<Path> answers = FewQuestions.answers(run);
        List<String> lines = Files.readAllLines(answers.get(0));
        List<String> before = FewQuestions.said(answers.get(0));
        byte[] other = Files.readAllBytes(answers.get(1));
        String kept = lines.get(0) + "\n" + lines.get(1) + "\n";
        Files.writeString(answers.get(0), kept + lines.get(2).substring(0, 50));

        CommandRun again = CommandRun.of(eval(List.of(dense, "rounded=" + small)));
        assertEquals(0, again.status(), again.err());
        String log = Files.readString(answers.get(0));
        assertTrue(log.startsWith(kept), "whole lines stay as they are");
        assertEquals(QUESTIONS, log.lines().count());
        assertEquals(before, FewQuestions.said(answers.get(0)), "greedy answers come out the same");
        assertEquals(new String(other), Files.readString(answers.get(1)), "nothing was missing");
        for (String counts : List.of("/models/0/tasks/0/counts", "/models/1/tasks/0/counts")) {
            assertEquals(evaluated.json().at(counts), again.json().at(counts));
        }
    }

    @Test
    @Order(3)
    void tablesNameModelsAndReport() {
        CommandRun table = CommandRun.of("report", run);
        assertEquals(0, table.status(), table.err());
        assertTrue(table.out().contains("against dense"), table.out());
        assertTrue(table.out().lines().anyMatch(line -> line.startsWith("rounded ")), table.out());
        assertTrue(table.out().contains(run.resolve("report.html").toString()), table.out());
    }

    @Test
    @Order(4)
    void reportsCompareWithAnyModelAndGoAnywhere() throws IOException {
        Path target = folder.resolve("elsewhere");
        CommandRun reported =
                CommandRun.quiet("report", run, "--baseline", "rounded", "-o", target, "--json");
        JsonNode results = reported.json();
        assertEquals("rounded", results.get("baseline").asText());
        assertEquals("rounded", results.at("/models/0/model/name").asText());
        assertTrue(results.at("/models/1/tasks/0/accuracyChange").isObject());
        for (String file : List.of("report.html", "report.md", "results.json")) {
            assertTrue(Files.size(target.resolve(file)) > 0, file);
        }
        CommandRun unknown = CommandRun.of("report", run, "--baseline", "huge");
        assertEquals(Main.USAGE, unknown.status(), unknown.err());
        assertTrue(unknown.err().contains("there are dense, rounded"), unknown.err());
    }

    @Test
    @Order(5)
    void anotherRunOrModelInTheFolderIsRefused() throws IOException {
        byte[] before = Files.readAllBytes(FewQuestions.answers(run).get(0));
        CommandRun more =
                CommandRun.of(FewQuestions.command(List.of("eval", dense), run, QUESTIONS + 1));
        assertEquals(Main.USAGE, more.status(), more.err());
        assertTrue(more.err().contains("other settings"), more.err());
        CommandRun other = CommandRun.of(eval(List.of("dense=" + small)));
        assertEquals(Main.USAGE, other.status(), other.err());
        assertTrue(other.err().contains("another model of the name dense"), other.err());
        assertEquals(
                new String(before),
                Files.readString(FewQuestions.answers(run).get(0)),
                "untouched");
    }

    @Test
    @Order(6)
    void brokenLinesAreNamed() throws IOException {
        Path answers = FewQuestions.answers(run).get(1);
        String whole = Files.readString(answers);
        List<String> lines = whole.lines().toList();
        Files.writeString(answers, lines.get(0) + "\n{\"key\": rubbish}\n" + lines.get(2) + "\n");
        for (Object[] command :
                List.of(new Object[] {"report", run}, eval(List.of("rounded=" + small)))) {
            CommandRun broken = CommandRun.of(command);
            assertEquals(Main.BAD_DATA, broken.status(), broken.err());
            assertEquals(1, broken.err().lines().count(), broken.err());
            assertTrue(broken.err().contains("answers.jsonl: line 2"), broken.err());
        }
        Files.writeString(answers, whole);
        assertEquals(0, CommandRun.of("report", run).status());
    }

    private CommandRun ask(EngineServer server, Path output, Object... more) {
        List<Object> words = List.of("eval", "tiny", "--engine", server.address(), "--attempts", 1);
        return CommandRun.of(FewQuestions.command(words, output, 12, more));
    }

    @Test
    void serversAreAskedAndWhatFailedIsAskedAgain() throws IOException {
        Path output = folder.resolve("served");
        AtomicInteger asked = new AtomicInteger();
        try (Engine shaky = new InstantEngine(4, request -> second(asked));
                EngineServer server = new EngineServer(shaky)) {
            CommandRun first = ask(server, output, "--concurrency", 1, "--json");
            assertEquals(0, first.status(), first.err());
            assertEquals(6, first.json().at("/models/0/tasks/0/counts/failed").asInt());
            assertEquals(6, first.json().at("/models/0/tasks/0/counts/answers").asInt());
            assertTrue(first.err().contains("no answer: "), first.err());
        }
        try (Engine sound = InstantEngine.saying("The answer is (A).", 3);
                EngineServer server = new EngineServer(sound)) {
            CommandRun second = ask(server, output, "--json");
            assertEquals(0, second.status(), second.err());
            assertEquals(6, server.asked(), "only what failed");
            assertEquals(12, second.json().at("/models/0/tasks/0/counts/answers").asInt());
            assertEquals("test", second.json().at("/models/0/model/engine/software").asText());
        }
    }

    /** Every second question fails. */
    private static Generation second(AtomicInteger asked) {
        if (asked.getAndIncrement() % 2 == 1) {
            throw new EngineException(EngineException.Kind.STALLED, "shaky");
        }
        return InstantEngine.said("Hm.</think>The answer is (A).", 3);
    }

    @Test
    void aServerThatIsDownEndsTheRun() throws IOException {
        Path output = folder.resolve("down");
        Engine failing =
                new InstantEngine(
                        4,
                        request -> {
                            throw new EngineException(EngineException.Kind.STALLED, "down");
                        });
        try (EngineServer server = new EngineServer(failing)) {
            CommandRun down = ask(server, output, "--concurrency", 1);
            assertEquals(Main.FAILED, down.status(), down.err());
            assertTrue(down.err().contains("8 questions in a row"), down.err());
            assertTrue(down.err().contains("answers are kept"), down.err());
        }
        assertFalse(Files.exists(output.resolve("report.html")), "there is nothing to report");
    }
}
