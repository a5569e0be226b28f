package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllocationCommandsTest {
    @TempDir Path folder;
    private Path text;

    @BeforeEach
    void writeText() throws IOException {
        text = CalibrationText.write(folder.resolve("text.txt"), 3000);
    }

    private CommandRun run(String command, Object... more) {
        List<Object> arguments =
                new ArrayList<>(
                        List.of(
                                command,
                                CommandRun.model("qwen2"),
                                "-o",
                                folder.resolve("out.gguf"),
                                "--calibration",
                                text,
                                "--sequences",
                                "8",
                                "--length",
                                "64",
                                "--threads",
                                "1"));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray());
    }

    @Test
    void planShowsWhatIsAssumedAndWhatIsMeasured() throws IOException {
        Path plot = folder.resolve("frontier.svg");
        CommandRun assumed = run("plan", "--bpw", "5.5", "--plot", plot);
        assertEquals(0, assumed.status(), assumed.err());
        assertTrue(assumed.out().contains("assumed from other models"), assumed.out());
        assertTrue(assumed.out().contains("O: this plan"), assumed.out());
        assertTrue(Files.readString(plot).startsWith("<svg"));
        assertTrue(Files.readString(plot).contains("(assumed sensitivities)"));

        CommandRun measured = run("plan", "--bpw", "5.5", "--measure", "--json");
        assertEquals(0, measured.status(), measured.err());
        JsonNode allocation = measured.json().get("allocation");
        assertTrue(allocation.get("measured").asBoolean());
        assertTrue(allocation.get("bytes").asLong() <= allocation.get("budgetBytes").asLong());
        double loss = 0;
        for (JsonNode tensor : allocation.get("tensors")) {
            loss += tensor.get("loss").asDouble();
        }
        assertEquals(allocation.get("predictedLoss").asDouble(), loss, 1e-12);
        double previous = Double.POSITIVE_INFINITY;
        for (JsonNode point : allocation.get("frontier")) {
            assertTrue(point.get("loss").asDouble() <= previous);
            previous = point.get("loss").asDouble();
        }
        assertFalse(Files.exists(folder.resolve("out.gguf")), "a plan writes no model");
    }

    @Test
    void targetsOutOfReachExitWithTheSmallest() {
        CommandRun bits = run("compress", "--bpw", "1.1");
        assertEquals(2, bits.status(), bits.err());
        assertTrue(bits.err().contains("bits per weight cannot be reached"), bits.err());
        CommandRun size = run("plan", "--size", "10k");
        assertEquals(2, size.status(), size.err());
        assertTrue(size.err().contains("bytes)"), size.err());
    }

    @Test
    void mistakesAreUsageErrors() {
        for (Object[] options :
                List.of(
                        new Object[] {"--bpw", "4", "--type", "Q4_0"},
                        new Object[] {"--size", "4q"},
                        new Object[] {"--preset", "r2"},
                        new Object[] {"--type", "Q8_0", "--measure"},
                        new Object[] {"--type", "Q8_0", "--plot", folder.resolve("x.svg")},
                        new Object[] {"--mix", "Q4_K_XXL"})) {
            CommandRun run = run("plan", options);
            assertEquals(2, run.status(), run.out());
            assertEquals(1, run.err().strip().lines().count(), run.err());
        }
    }

    @Test
    void mixesAreWritten() {
        CommandRun run = run("compress", "--mix", "Q5_0", "--json");
        assertEquals(0, run.status(), run.err());
        int types = 0;
        for (JsonNode tensor : run.json().get("tensors")) {
            types += tensor.get("type").asText().equals("Q5_0") ? 1 : 0;
        }
        assertTrue(types > 10, run.out());
    }
}
