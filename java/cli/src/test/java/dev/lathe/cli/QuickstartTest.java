package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quickstart on a random model, which knows no answer. */
class QuickstartTest {
    private static final int QUESTIONS = 2;

    @TempDir Path folder;

    private Path model() throws IOException {
        Path model = RandomFolder.write(folder.resolve("model"));
        CalibrationText.write(model.resolve("calibration.txt"), 3000);
        CalibrationText.write(model.resolve("held-out.txt"), 2000);
        ObjectMapper json = new ObjectMapper();
        ObjectNode questions = json.createObjectNode();
        var examples = questions.putArray("examples");
        for (int hour = 1; hour <= QUESTIONS + 1; hour++) {
            examples.addObject()
                    .put("input", "When?\nOptions:\n(A) " + hour + "am to 5am\n(B) 5am to 6am")
                    .put("target", "(A)");
        }
        json.writeValue(model.resolve("questions.json").toFile(), questions);
        return model;
    }

    @Test
    void everyVariantIsMadeAskedAndReported() throws IOException {
        Path output = folder.resolve("out");
        CommandRun run =
                CommandRun.of(
                        "quickstart",
                        "--model",
                        model(),
                        "-o",
                        output,
                        "--questions",
                        QUESTIONS,
                        "--json");
        assertEquals(0, run.status(), run.err());
        List<String> names = new ArrayList<>();
        JsonNode dense = run.json().get(0);
        for (JsonNode row : run.json()) {
            names.add(row.get("name").asText());
            assertTrue(Files.isRegularFile(Path.of(row.get("file").asText())), row.toString());
            assertTrue(row.get("tokensPerQuestion").asDouble() > 0, row.toString());
            double accuracy = row.get("accuracy").get("mean").asDouble();
            assertTrue(accuracy >= 0 && accuracy <= 1, row.toString());
            // Uniform guesses among 300 tokens: a random model is not far from them.
            double perplexity = row.get("perplexity").asDouble();
            assertTrue(perplexity > 30 && perplexity < 3000, row.toString());
        }
        assertEquals("dense", names.get(0));
        assertEquals(names.size(), names.stream().distinct().count(), names.toString());
        assertEquals(0, dense.get("sparsity").asDouble(), 1e-3);
        assertEquals(0.3, sparsity(run, "sparsegpt-30"), 0.01);
        assertEquals(0.5, sparsity(run, "sparsegpt-2:4"), 0.01);
        assertEquals(0.5, sparsity(run, "50%+4-bit"), 0.01);
        assertEquals(4.5, row(run, "4-bit").get("bitsPerWeight").asDouble(), 1e-9);
        String page = Files.readString(output.resolve("report.html"));
        for (String name : names) {
            assertTrue(page.contains(name), name + " is not in the report");
        }
    }

    private static JsonNode row(CommandRun run, String name) {
        for (JsonNode row : run.json()) {
            if (row.get("name").asText().equals(name)) {
                return row;
            }
        }
        throw new AssertionError("no row " + name);
    }

    private static double sparsity(CommandRun run, String name) {
        return row(run, name).get("sparsity").asDouble();
    }

    @Test
    void whatIsMissingIsNamed() {
        CommandRun run = CommandRun.of("quickstart", "--model", folder, "-o", folder.resolve("o"));
        assertEquals(Main.USAGE, run.status());
        assertTrue(run.err().contains("calibration.txt is missing"), run.err());
        assertEquals(Main.USAGE, CommandRun.of("quickstart", "--questions", 0).status());
    }
}
