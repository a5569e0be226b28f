package dev.lathe.eval.task;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.eval.SharedData;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.ModelOutput;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * 48 outputs of a compressed model, judged by reading them before there was an extractor ({@code
 * outputs/judged.jsonl}): {@code index} is the output's own, {@code row} the row of our data.
 */
class RealOutputsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TestFactory
    List<DynamicTest> verdictsAreThoseOfAReader() throws IOException {
        Map<String, List<Question>> questions = new HashMap<>();
        Map<String, List<String>> outputs = new HashMap<>();
        for (Task task : Tasks.all()) {
            questions.put(task.name(), task.questions(SharedData.path(task.source().file())));
            outputs.put(
                    task.name(),
                    outputs(SharedData.path("r1-distill-llama-8b-awq/" + task.name() + ".jsonl")));
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode judged : judged()) {
            Task task = Tasks.named(judged.get("task").asText());
            int index = judged.get("index").asInt();
            String output = outputs.get(task.name()).get(index);
            int row = task.paperRow(questions.get(task.name()), index, output);
            assertEquals(judged.get("row").asInt(), row, task.name() + " " + index);
            Question question = questions.get(task.name()).get(row);
            tests.add(
                    DynamicTest.dynamicTest(
                            task.name() + " " + index,
                            () -> check(task, question, output, judged)));
        }
        assertEquals(48, tests.size());
        return tests;
    }

    private static void check(Task task, Question question, String output, JsonNode judged) {
        Extraction found = task.extract(question, ModelOutput.parse(output));
        Score score = task.score(question, found);
        String quote = judged.get("quote").asText();
        assertAll(
                () -> assertTrue(flat(output).contains(flat(quote)), "the quote is in the output"),
                () -> assertTrue(flat(output).contains(flat(found.quote())), "so is " + found),
                () ->
                        assertEquals(
                                judged.get("verdict").asText(), score.verdict().name(), "" + found),
                () -> sameAnswer(task, judged.get("answer").textValue(), found));
    }

    /** Free words may stand in a sentence; everything else is one answer, written one way. */
    private static void sameAnswer(Task task, String expected, Extraction found) {
        if (expected != null && task instanceof Musique) {
            assertTrue(found.answer().contains(expected), expected + " in " + found);
        } else {
            assertEquals(expected, found.answer(), "" + found);
        }
    }

    private static String flat(String text) {
        return text.replaceAll("\\s+", " ").replace("…", "");
    }

    private static List<JsonNode> judged() throws IOException {
        try (InputStream in = RealOutputsTest.class.getResourceAsStream("/outputs/judged.jsonl")) {
            return lines(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static List<String> outputs(Path file) throws IOException {
        List<String> outputs = new ArrayList<>();
        for (JsonNode each : lines(Files.readString(file))) {
            assertEquals(outputs.size(), each.get("index").asInt());
            outputs.add(each.get("output").asText());
        }
        return outputs;
    }

    private static List<JsonNode> lines(String text) throws IOException {
        List<JsonNode> nodes = new ArrayList<>();
        for (String line : text.lines().toList()) {
            nodes.add(JSON.readTree(line));
        }
        return nodes;
    }
}
