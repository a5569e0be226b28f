package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.eval.TinyReasoner;
import dev.lathe.eval.task.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lathe score} on outputs of every verdict. */
class ScoreCommandTest {
    private static final List<Question> QUESTIONS = TinyReasoner.questions(0);

    @TempDir Path folder;

    private final StringBuilder lines = new StringBuilder();

    private void output(int index, String text) {
        ObjectMapper json = new ObjectMapper();
        lines.append(json.createObjectNode().put("index", index).put("output", text)).append('\n');
    }

    private static String right(int index) {
        return QUESTIONS.get(index).expected().get(0);
    }

    private static String wrong(int index) {
        return right(index).equals("(A)") ? "(B)" : "(A)";
    }

    private Object[] score(String... more) throws IOException {
        Path file = Files.writeString(folder.resolve("outputs.jsonl"), lines);
        List<Object> command =
                List.of(
                        "score",
                        "--task",
                        "temporal-sequences",
                        "--data",
                        FewQuestions.DATA,
                        "--outputs",
                        file);
        return Stream.concat(command.stream(), List.of(more).stream()).toArray();
    }

    @Test
    void verdictsAreCountedAndExplained() throws IOException {
        output(0, "Busy, free.</think>\nThe answer is " + right(0) + ".");
        output(7, "The answer is " + wrong(7) + ".</think>\n\\boxed{" + right(7) + "}");
        output(3, "So.</think>The answer is " + wrong(3) + ".");
        output(4, "<think>\nFrom 7am busy until");
        JsonNode scores = CommandRun.quiet(score("--json")).json();
        assertEquals(2, scores.get("right").asInt());
        assertEquals(1, scores.get("wrong").asInt());
        assertEquals(1, scores.get("noAnswer").asInt());
        assertEquals(0.5, scores.at("/accuracy/mean").asDouble());
        assertFalse(scores.has("f1"), "only MuSiQue has one");
        JsonNode first = scores.at("/answers/0");
        assertEquals("RIGHT", first.get("verdict").asText());
        assertEquals(right(0), first.get("answer").asText());
        assertEquals("answer is", first.get("rule").asText());
        assertEquals(right(0) + ".", first.get("quote").asText());
        assertEquals("NO_ANSWER", scores.at("/answers/3/verdict").asText());

        String table = CommandRun.quiet(score()).out();
        assertTrue(table.contains("right 2, wrong 1, no answer 1"), table);
        assertTrue(table.contains("accuracy 50.00 %"), table);
        assertTrue(table.lines().anyMatch(line -> line.matches("7 +right +.*boxed.*")), table);
    }

    @Test
    void linesOfOneIndexAreSamplesOfIt() throws IOException {
        output(0, "The answer is " + right(0) + ".");
        output(0, "The answer is " + wrong(0) + ".");
        output(1, "The answer is " + right(1) + ".");
        JsonNode scores = CommandRun.quiet(score("--json")).json();
        assertEquals(0.75, scores.at("/accuracy/mean").asDouble(), "questions count the same");
    }

    @Test
    void controlCharactersReachNoTerminal() throws IOException {
        output(0, "\u001b[31mThe answer is \u001b]0;title\u0007 " + right(0) + "\u009b2J.");
        String table = CommandRun.quiet(score()).out();
        assertTrue(
                table.chars().noneMatch(each -> Character.isISOControl(each) && each != '\n'),
                table);
    }
}
