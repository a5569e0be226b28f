package dev.lathe.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.eval.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tasks' data: the real files, other editions' forms, and broken ones. */
class TaskFilesTest {
    @TempDir Path folder;

    private List<Question> read(String task, String content) throws IOException {
        Path file = Files.writeString(folder.resolve("data"), content);
        return Tasks.named(task).questions(file);
    }

    @Test
    void realFilesHoldAllQuestionsAndThePapersPrompts() throws IOException {
        JsonNode prompts = new ObjectMapper().readTree(SharedData.path("prompts.json").toFile());
        assertEquals(4, Tasks.all().size());
        for (Task task : Tasks.all()) {
            Path file = SharedData.path(task.source().file());
            List<Question> questions = task.questions(file);
            assertEquals(task.source().rows(), questions.size());
            JsonNode row = firstRow(file);
            String prompt = prompts.get(task.name()).asText();
            var fields = row.fields();
            while (fields.hasNext()) {
                Map.Entry<String, JsonNode> field = fields.next();
                prompt = prompt.replace("{" + field.getKey() + "}", text(field.getValue()));
            }
            Question first = questions.get(0);
            assertEquals(prompt, first.message() + first.opening());
        }
    }

    private static JsonNode firstRow(Path file) throws IOException {
        JsonNode first = new ObjectMapper().readTree(file.toFile());
        if (first.has("examples")) {
            return first.get("examples").get(0);
        }
        return first.isArray() ? first.get(0) : first;
    }

    /** The editions on the web hold premises as lines. */
    private static String text(JsonNode value) {
        if (!value.isArray()) {
            return value.asText();
        }
        StringBuilder lines = new StringBuilder();
        value.forEach(line -> lines.append(lines.isEmpty() ? "" : "\n").append(line.asText()));
        return lines.toString();
    }

    @Test
    void aLimitIsSpreadOverTheTask() throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            rows.append("{\"id\":\"%d\",\"problem\":\"p\",\"answer\":\"%03d\"}\n".formatted(i, i));
        }
        Path file = Files.writeString(folder.resolve("aime2024.jsonl"), rows);
        List<Question> three = Tasks.questions(file, List.of("aime2024"), 3);
        assertEquals(List.of(0, 10, 20), three.stream().map(Question::index).toList());
        assertEquals(List.of("20"), three.get(2).expected());
        assertEquals(30, Tasks.questions(folder, List.of("aime2024"), 0).size());
        assertEquals(30, Tasks.questions(folder, List.of("aime2024"), 99).size());
        assertThrows(
                UsageException.class, () -> Tasks.questions(file, List.of("aime2024", "folio"), 0));
        assertThrows(UsageException.class, () -> Tasks.named("gsm8k"));
    }

    @Test
    void editionsOfOneSetAreReadAlike() throws IOException {
        String row = "{\"ID\":\"2024-II-4\",\"Problem\":\"p\",\"Answer\":33}";
        Question lines = read("aime2024", row + "\n" + row + "\n").get(1);
        Question array = read("aime2024", "[" + row + "," + row + "]").get(1);
        Question viewer =
                read(
                                "aime2024",
                                "{\"rows\":[{\"row_idx\":0,\"row\":%s},{\"row_idx\":1,\"row\":%s}]}"
                                        .formatted(row, row))
                        .get(1);
        assertEquals(lines, array);
        assertEquals(lines, viewer);
        assertEquals(List.of("33"), lines.expected());
        assertEquals("2024-II-4", lines.id());
    }

    @Test
    void brokenFilesAreNamedInOneLine() {
        Map<String, List<String>> broken =
                Map.of(
                        "aime2024",
                        List.of(
                                "",
                                "{",
                                "[1]",
                                "{\"answer\":\"1\"}",
                                "{\"problem\":\"p\",\"answer\":\"1000\"}",
                                "{\"problem\":\"p\",\"answer\":\"x\"}",
                                "{\"problem\":\"p\",\"answer\":\"1\",\"answer\":\"2\"}"),
                        "folio",
                        List.of(
                                "{\"premises\":[1],\"conclusion\":\"c\",\"label\":\"True\"}",
                                "{\"premises\":[],\"conclusion\":\"c\",\"label\":\"Maybe\"}"),
                        "musique",
                        List.of("[{\"question\":\"q\",\"answer\":\"a\",\"answer_aliases\":2}]"),
                        "temporal-sequences",
                        List.of(
                                "{\"examples\":[]}",
                                "{\"examples\":[{\"input\":\"(A) x\",\"target\":\"(B)\"}]}",
                                "{\"examples\":[{\"input\":\"(A) x\",\"target\":\"A\"}]}"));
        broken.forEach(
                (task, contents) ->
                        contents.forEach(
                                content -> {
                                    DataException failure =
                                            assertThrows(
                                                    DataException.class,
                                                    () -> read(task, content),
                                                    content);
                                    String message = failure.getMessage();
                                    assertEquals(1, message.lines().count(), message);
                                    assertTrue(message.startsWith(folder.toString()), message);
                                }));
        UsageException absent =
                assertThrows(
                        UsageException.class,
                        () -> Tasks.questions(folder.resolve("none"), List.of("folio"), 0));
        assertTrue(absent.getMessage().contains("pull-tasks"), absent.getMessage());
    }
}
