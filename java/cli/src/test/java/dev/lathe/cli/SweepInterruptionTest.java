package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.eval.TinyReasoner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep in a process of its own, killed as {@code kill -9} does, again and again. */
class SweepInterruptionTest {
    private static final int KILLS = 6;
    private static final int QUESTIONS = 6;

    /** A child ends by itself when its parent is gone. */
    private static final long PATIENCE_SECONDS = 60;

    @TempDir Path folder;
    private Path logs;
    private Path recipe;

    private CommandProcess sweep(Path output) {
        List<Object> words = List.of("sweep", TinyReasoner.FOLDER, "--recipe", recipe);
        Object[] grid = {"--sparsity", "0,0.5", "--type", "Q4_0", "--threads", 1};
        return CommandProcess.start(logs, FewQuestions.command(words, output, QUESTIONS, grid));
    }

    @Test
    void killedAtRandomMomentsItEndsWithTheSameAnswers() throws Exception {
        logs = Files.createDirectory(folder.resolve("logs"));
        recipe = SweepRecipe.write(folder);
        Path whole = folder.resolve("whole");
        long start = System.nanoTime();
        CommandRun undisturbed = sweep(whole).end();
        long milliseconds = (System.nanoTime() - start) / 1_000_000;
        assertEquals(0, undisturbed.status(), undisturbed.err());

        Path output = folder.resolve("sweep");
        Random random = new Random(5);
        int killed = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            CommandProcess process = sweep(output);
            List<ProcessHandle> children = new ArrayList<>();
            // All moments of a run are met: each begins where the one before was killed.
            if (!process.waitFor((long) (milliseconds * (0.1 + 0.3 * random.nextDouble())))) {
                process.descendants().forEach(children::add);
                process.kill();
                killed++;
            }
            assertEnded(children);
            assertNothingTwice(output);
        }
        assertTrue(killed >= 2, "only " + killed + " runs were long enough to be killed");
        CommandRun last = sweep(output).end();
        assertEquals(0, last.status(), last.err());
        assertNothingTwice(output);
        assertEquals(said(whole), said(output));
        assertEquals(results(whole), results(output));
        for (String file : List.of("original", "q4_0", "sparsity-0.5-q4_0")) {
            Path model = Path.of("compressed", file + ".gguf");
            assertEquals(-1, Files.mismatch(whole.resolve(model), output.resolve(model)), file);
        }
    }

    private static void assertEnded(List<ProcessHandle> children) throws Exception {
        for (ProcessHandle child : children) {
            try {
                child.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException | ExecutionException e) {
                throw new AssertionError("a child outlived its parent: " + child.info(), e);
            }
        }
    }

    /** No question has two answers; a line that a kill cut short is none. */
    private static void assertNothingTwice(Path output) throws IOException {
        if (!Files.exists(output.resolve("models"))) {
            return;
        }
        for (Path answers : FewQuestions.answers(output)) {
            if (Files.exists(answers)) {
                String text = Files.readString(answers);
                List<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
                long questions =
                        lines.stream().map(SweepInterruptionTest::index).distinct().count();
                assertEquals(questions, lines.size(), answers + " holds an answer twice");
            }
        }
    }

    private static int index(String line) {
        try {
            return new ObjectMapper().readTree(line).get("index").asInt();
        } catch (IOException e) {
            throw new AssertionError("no answer: " + line, e);
        }
    }

    private static List<List<String>> said(Path output) throws IOException {
        List<List<String>> said = new ArrayList<>();
        for (Path answers : FewQuestions.answers(output)) {
            said.add(FewQuestions.said(answers));
            assertEquals(QUESTIONS, said.get(said.size() - 1).size());
        }
        return said;
    }

    /** All figures that do not tell times and places. */
    private static TreeMap<String, JsonNode> results(Path output) throws IOException {
        JsonNode results = new ObjectMapper().readTree(output.resolve("results.json").toFile());
        TreeMap<String, JsonNode> figures = new TreeMap<>();
        for (JsonNode model : results.get("models")) {
            ObjectNode described = (ObjectNode) model.get("model");
            described.remove(List.of("location"));
            for (JsonNode task : model.get("tasks")) {
                ((ObjectNode) task.get("compute")).remove("secondsPerToken");
            }
            figures.put(described.get("name").asText(), model);
        }
        return figures;
    }
}
