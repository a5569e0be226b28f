package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lathe.eval.TinyReasoner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lathe sweep} over the tiny reasoner. */
class SweepCommandTest {
    private static final int QUESTIONS = 2;

    @TempDir Path folder;
    private Path output;
    private Path recipe;

    @BeforeEach
    void writeRecipe() throws IOException {
        output = folder.resolve("sweep");
        recipe = SweepRecipe.write(folder);
    }

    private CommandRun sweep(Object... more) {
        List<Object> words = List.of("sweep", TinyReasoner.FOLDER, "--recipe", recipe);
        return CommandRun.of(FewQuestions.command(words, output, QUESTIONS, more));
    }

    @Test
    void theGridIsCompressedAskedAndReported() throws IOException {
        Object[] grid = {"--sparsity", "0,0.5", "--type", "Q4_0,IQ4_NL", "--json"};
        CommandRun run = sweep(grid);
        assertEquals(0, run.status(), run.err());
        assertTrue(run.err().contains("left out: sparsity 0.5, IQ4_NL: "), run.err());
        List<String> names = new ArrayList<>();
        for (JsonNode model : run.json().get("models")) {
            names.add(model.at("/model/name").asText());
            assertEquals(QUESTIONS, model.at("/tasks/0/counts/answers").asInt());
        }
        assertEquals(List.of("original", "Q4_0", "IQ4_NL", "sparsity 0.5, Q4_0"), names);
        JsonNode pruned = run.json().get("models").get(3).get("model");
        assertEquals(0.5, pruned.get("sparsity").asDouble(), 0.01);
        assertEquals(4.5, pruned.get("bitsPerWeight").asDouble(), 1e-9);
        assertTrue(Files.size(output.resolve("report.html")) > 0);
        assertEquals(
                Set.of("original", "q4_0", "iq4_nl", "sparsity-0.5-q4_0"), compressed(".gguf"));

        List<Path> answers = FewQuestions.answers(output);
        List<byte[]> before = new ArrayList<>();
        for (Path each : answers) {
            before.add(Files.readAllBytes(each));
        }
        CommandRun again = sweep(grid);
        assertEquals(0, again.status(), again.err());
        assertEquals(run.json(), again.json());
        for (int i = 0; i < before.size(); i++) {
            assertEquals(
                    new String(before.get(i)), Files.readString(answers.get(i)), "asked again");
        }
    }

    @Test
    void discardedModelsLeaveTheirAnswers() throws IOException {
        CommandRun run = sweep("--type", "Q4_0", "--discard");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().lines().anyMatch(line -> line.startsWith("Q4_0 ")), run.out());
        assertEquals(Set.of(), compressed(".gguf"));
        assertEquals(2, FewQuestions.answers(output).size());
        assertFalse(compressed(".done").isEmpty());
    }

    /** Names of files, without their ending. */
    private Set<String> compressed(String ending) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.list(output.resolve("compressed"))) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(ending))
                    .forEach(name -> names.add(name.substring(0, name.length() - ending.length())));
        }
        return names;
    }
}
