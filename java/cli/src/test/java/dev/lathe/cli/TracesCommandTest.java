package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tiny reasoner writes down its thoughts, and is calibrated on them. */
class TracesCommandTest {
    private static final int PROMPTS = 6;
    private static final Path TINY_REASONER = Path.of("../../examples/tiny-reasoner");
    private static final String ASK =
            "Use the timeline provided and answer step by step. Finally give the index (the letter)"
                    + " of the actual correct answer.\n";

    private final ObjectMapper json = new ObjectMapper();
    @TempDir Path folder;

    private JsonNode questions() throws IOException {
        return json.readTree(TINY_REASONER.resolve("questions.json").toFile()).get("examples");
    }

    private Path prompts() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < PROMPTS; i++) {
            String input = questions().get(i).get("input").asText();
            lines.append(json.createObjectNode().put("prompt", ASK + input)).append('\n');
        }
        return Files.writeString(folder.resolve("prompts.jsonl"), lines);
    }

    @Test
    void tracesAreRightKeptAndCalibrateTheModel() throws IOException {
        Path model = folder.resolve("tiny.gguf");
        CommandRun.of("compress", TINY_REASONER, "-o", model);
        Path traces = folder.resolve("traces.jsonl");
        Object[] make = {
            "traces",
            model,
            "--prompts",
            prompts(),
            "-o",
            traces,
            "--greedy",
            "--max-tokens",
            192,
            "--context",
            512
        };
        CommandRun made = CommandRun.of(make);
        assertEquals(0, made.status(), made.err());
        assertTrue(made.out().contains("6, 0 of them kept"), made.out());
        int right = 0;
        for (String line : Files.readAllLines(traces)) {
            JsonNode trace = json.readTree(line);
            String said = trace.at("/messages/1/content").asText();
            assertTrue(said.startsWith("<think>\nFrom "), said);
            assertTrue(said.contains("\n</think>\n"), said);
            String answer = questions().get(trace.get("prompt").asInt()).get("target").asText();
            right += said.endsWith("The answer is " + answer + ".") ? 1 : 0;
        }
        // The model knows 478 of 480 such questions.
        assertTrue(right >= PROMPTS - 1, right + " of " + PROMPTS + " are right");

        List<String> lines = Files.readAllLines(traces);
        Files.writeString(traces, String.join("\n", lines.subList(0, 4)) + "\n{\"mess");
        CommandRun again = CommandRun.of(make);
        assertEquals(0, again.status(), again.err());
        assertTrue(again.out().contains("6, 4 of them kept"), again.out());
        assertEquals(PROMPTS, Files.readAllLines(traces).size());

        CommandRun compressed =
                CommandRun.of(
                        "compress",
                        TINY_REASONER,
                        "-o",
                        folder.resolve("small.gguf"),
                        "--type",
                        "Q4_0",
                        "--calibration",
                        traces,
                        "--sequences",
                        4,
                        "--length",
                        256,
                        "--json");
        assertEquals(0, compressed.status(), compressed.err());
        assertEquals(4 * 256, compressed.json().at("/calibration/tokens").asInt());
    }

    @Test
    void whatCannotBeIsRefused() throws IOException {
        Path prompts = prompts();
        refused("which --calibration knows by .jsonl", TINY_REASONER, prompts, "traces.txt");
        refused("does not exist", TINY_REASONER, folder.resolve("none.txt"), "traces.jsonl");
        refused("lathe compress", TINY_REASONER, prompts, "traces.jsonl");
    }

    private void refused(String message, Path model, Path prompts, String output) {
        CommandRun run =
                CommandRun.of("traces", model, "--prompts", prompts, "-o", folder.resolve(output));
        assertEquals(Main.USAGE, run.status(), run.err());
        assertTrue(run.err().contains(message), run.err());
    }
}
