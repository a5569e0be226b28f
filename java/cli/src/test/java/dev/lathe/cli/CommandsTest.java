package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;

class CommandsTest {
    @TempDir Path folder;
    private Path text;

    static Stream<String> models() {
        return CommandRun.MODELS.stream();
    }

    static Stream<String> commands() {
        return Main.commandLine().getSubcommands().keySet().stream();
    }

    @BeforeEach
    void writeText() throws IOException {
        text = CalibrationText.write(folder.resolve("text.txt"), 3000);
    }

    @ParameterizedTest
    @MethodSource("models")
    void inspectCountsEveryTensor(String name) {
        Path model = CommandRun.model(name);
        JsonNode json = CommandRun.quiet("inspect", model, "--tensors", "--json").json();
        long weights = 0;
        long bytes = 0;
        for (JsonNode tensor : json.get("tensors")) {
            long size = 1;
            for (JsonNode dimension : tensor.get("shape")) {
                size *= dimension.asLong();
            }
            weights += size;
            bytes += tensor.get("bytes").asLong();
        }
        assertEquals(weights, json.get("parameters").asLong());
        assertEquals(bytes, json.get("bytes").asLong());
        assertEquals(8.0 * bytes / weights, json.get("bitsPerWeight").asDouble(), 1e-12);
        assertTrue(name.startsWith(json.get("architecture").asText()), name);
        String report = CommandRun.quiet("inspect", model, "--tensors").out();
        for (JsonNode tensor : json.get("tensors")) {
            assertTrue(report.contains(tensor.get("name").asText() + " "), report);
        }
    }

    @Test
    void inspectTellsTokenizerTemplateAndScaling() {
        String report = CommandRun.quiet("inspect", CommandRun.model("llama-rope")).out();
        assertTrue(report.contains("llama3, factor 8.0"), report);
        assertTrue(report.contains("300 tokens, pre-tokenizer llama-bpe"), report);
        assertTrue(report.contains("chat template   yes (default)"), report);
        assertTrue(report.contains("bos <|begin_of_text|>"), report);
    }

    @Test
    void planPredictsTheSizesThatCompressMakes() throws IOException {
        Path output = folder.resolve("out.gguf");
        Object[] options = {
            CommandRun.model("qwen2"),
            "-o",
            output,
            "--type",
            "Q4_0",
            "--sparsity",
            "0.5",
            "--calibration",
            text,
            "--sequences",
            "8",
            "--length",
            "64",
            "--threads",
            "1",
            "--json"
        };
        JsonNode plan = CommandRun.of(with("plan", options)).json();
        assertFalse(Files.exists(output), "a plan writes nothing");
        CommandRun run = CommandRun.of(with("compress", options));
        assertEquals(0, run.status(), run.err());
        JsonNode record = run.json();
        for (String field :
                List.of("sourceBytes", "outputBytes", "bitsPerWeight", "format", "simulated")) {
            assertEquals(plan.get(field), record.get(field), field);
        }
        assertEquals(plan.get("peakBytes"), record.get("predictedPeakBytes"));
        assertEquals(0.5, plan.get("sparsity").asDouble());
        // Fewer than one zero for each row of a block is lost to rounding down.
        assertEquals(0.5, record.get("sparsity").asDouble(), 0.01);
        JsonNode written =
                new ObjectMapper().readTree(folder.resolve("out.gguf.lathe.json").toFile());
        assertEquals(written, record);
        JsonNode again = CommandRun.quiet("inspect", output, "--json").json();
        assertEquals(record.get("outputBytes"), again.get("bytes"));
    }

    @Test
    void optionsWinOverTheRecipe() throws IOException {
        Path recipe = folder.resolve("recipe.yaml");
        Files.writeString(
                recipe,
                """
                pattern: "2:4"
                method: wanda
                type: Q8_0
                damping: 0.02
                calibration: {sequences: 4, length: 32, seed: 7, file: %s}
                rules:
                  - {roles: [down_proj], sparsity: 0}
                """
                        .formatted(text));
        CommandRun run =
                CommandRun.of(
                        "compress",
                        CommandRun.model("qwen3"),
                        "-o",
                        folder.resolve("out.gguf"),
                        "--recipe",
                        recipe,
                        "--sparsity",
                        "0.25",
                        "--seed",
                        "9",
                        "--protect",
                        "q_proj=Q8_0",
                        "--json");
        assertEquals(0, run.status(), run.err());
        JsonNode used = run.json().get("recipe");
        assertEquals(0.25, used.get("sparsity").asDouble());
        assertFalse(used.has("pattern"));
        assertEquals("wanda", used.get("method").asText());
        assertEquals(0.02, used.get("damping").asDouble());
        assertEquals(4, used.get("calibration").get("sequences").asInt());
        assertEquals(9, used.get("calibration").get("seed").asInt());
        for (JsonNode tensor : run.json().get("tensors")) {
            if (tensor.get("role").asText().matches("(q|down)_proj")) {
                assertFalse(tensor.has("zeros"), tensor.toString());
            }
        }
    }

    @Test
    void summaryOfCompressNamesSizesAndRecord() {
        Path output = folder.resolve("pruned");
        CommandRun run =
                CommandRun.of(
                        "compress",
                        CommandRun.model("llama-tied"),
                        "-o",
                        output,
                        "--pattern",
                        "2:4",
                        "--method",
                        "magnitude",
                        "--threads",
                        "1");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("50.00 % of them"), run.out());
        assertTrue(run.out().contains(output.resolve("lathe.json").toString()), run.out());
        assertTrue(Files.exists(output.resolve("lathe.json")));
    }

    @Test
    void compressTakesWhatImatrixMeasures() {
        Path model = CommandRun.model("qwen2");
        Path matrix = folder.resolve("imatrix.gguf");
        CommandRun run =
                CommandRun.of(
                        "imatrix",
                        model,
                        "-o",
                        matrix,
                        "--calibration",
                        text,
                        "--sequences",
                        "3",
                        "--length",
                        "32",
                        "--threads",
                        "1");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("96, in 3 sequences of 32"), run.out());
        Path output = folder.resolve("small.gguf");
        CommandRun compressed =
                CommandRun.of(
                        "compress",
                        model,
                        "-o",
                        output,
                        "--type",
                        "Q4_0",
                        "--feedback",
                        "none",
                        "--imatrix",
                        matrix,
                        "--threads",
                        "1");
        assertEquals(0, compressed.status(), compressed.err());
        assertTrue(Files.exists(output));
    }

    @Test
    void measureComparesWithAReference() {
        Path model = CommandRun.model("qwen2");
        Path output = folder.resolve("q8.gguf");
        CommandRun.quiet(
                "compress",
                model,
                "-o",
                output,
                "--type",
                "Q8_0",
                "--embedding-type",
                "Q8_0",
                "--head-type",
                "Q8_0",
                "--feedback",
                "none",
                "--calibration",
                text);
        Object[] options = {
            "measure",
            output,
            "--reference",
            model,
            "--text",
            text,
            "--sequences",
            4,
            "--length",
            64
        };
        JsonNode report = CommandRun.quiet(with(options, "--json")).json();
        assertEquals(4, report.get("sequences").asInt());
        assertEquals(4 * 63, report.get("predicted").asInt());
        JsonNode comparison = report.get("comparison");
        double ratio =
                report.get("perplexity").asDouble()
                        / comparison.get("referencePerplexity").asDouble();
        // 8 bits move a random model's logits by less than a hundredth.
        assertEquals(1, ratio, 0.01);
        assertTrue(comparison.get("klDivergence").asDouble() < 1e-3, report.toString());
        assertTrue(comparison.get("klDivergence").asDouble() > 0, report.toString());
        String table = CommandRun.quiet(options).out();
        String perplexity = String.format(Locale.ROOT, "%.4f", report.get("perplexity").asDouble());
        assertTrue(table.contains(perplexity), table);
        assertTrue(table.contains("same top token"), table);
    }

    @Test
    void devicesTellWhatTheProcessorCanRun() {
        JsonNode cpu = CommandRun.quiet("devices", "--json").json().get(0);
        assertEquals("cpu", cpu.get("name").asText());
        assertTrue(cpu.get("threads").asInt() >= 1);
        JsonNode runnable = cpu.get("runnableKernels");
        assertEquals("reference", runnable.get(0).asText());
        String best = runnable.get(runnable.size() - 1).asText();
        assertTrue(cpu.get("kernels").asText().startsWith(best), cpu.toString());
        assertTrue(CommandRun.quiet("devices").out().contains(cpu.get("kernels").asText()));
    }

    @Test
    void devicesThatAreMissingHaveAReason() {
        JsonNode devices = CommandRun.quiet("devices", "--json").json();
        assertTrue(devices.get(1).get("name").asText().startsWith("cuda"), devices.toString());
        JsonNode emulation = devices.get(devices.size() - 1);
        assertEquals("cuda-emulated", emulation.get("name").asText());
        String text = CommandRun.quiet("devices").out();
        for (JsonNode device : devices) {
            assertTrue(text.contains(device.get("name").asText()), text);
            if (!device.has("reason")) {
                continue;
            }
            String name = device.get("name").asText();
            String reason = device.get("reason").asText();
            assertTrue(text.contains(reason), text);
            CommandRun bench = CommandRun.of("bench", "--quick", "--device", name);
            assertEquals(Main.USAGE, bench.status());
            assertTrue(bench.err().contains(reason), bench.err());
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandTeaches(String command) {
        String help = CommandRun.quiet(command, "--help").out();
        assertTrue(help.startsWith("Usage: lathe " + command), help);
        assertTrue(help.contains("Example"), help);
        assertTrue(help.contains("lathe " + command), help);
        for (String line : help.lines().toList()) {
            assertTrue(line.length() <= 80, line);
        }
        for (String line : examples(command)) {
            assertTrue(help.contains(line + "\n"), "broken where it should not be: " + line);
        }
        assertTrue(CommandRun.quiet("--help").out().contains("\n  " + command + " "));
    }

    /** Examples are there to be copied: as they were written, not wrapped. */
    private static String[] examples(String command) {
        return Main.commandLine()
                .getSubcommands()
                .get(command)
                .getCommandSpec()
                .usageMessage()
                .footer();
    }

    @Command(name = "greedy")
    private static final class Greedy implements Runnable {
        @Override
        public void run() {
            throw new OutOfMemoryError("Java heap space");
        }
    }

    @Test
    void outOfMemoryIsOneLine() {
        StringWriter err = new StringWriter();
        int status =
                Main.run(
                        Main.commandLine().addSubcommand(new Greedy()).setErr(new PrintWriter(err)),
                        "greedy");
        assertEquals(Main.FAILED, status);
        assertTrue(
                err.toString()
                        .matches("lathe: out of memory: .* \\d+ MiB; LATHE_JAVA_OPTS=.* more\\n"),
                err.toString());
    }

    @Test
    void versionIsTold() {
        assertTrue(CommandRun.quiet("--version").out().startsWith("lathe "));
    }

    @Test
    void completionIsAScriptThatKnowsAllCommands() throws Exception {
        String script = CommandRun.quiet("completion").out();
        for (String command : commands().toList()) {
            assertTrue(script.contains(command), command);
        }
        Path file = Files.writeString(folder.resolve("completion.sh"), script);
        Process bash = new ProcessBuilder("bash", "-n", file.toString()).inheritIO().start();
        assertEquals(0, bash.waitFor());
    }

    private static Object[] with(Object[] options, String more) {
        return Stream.concat(Stream.of(options), Stream.of(more)).toArray();
    }

    private static Object[] with(String command, Object... options) {
        return Stream.concat(Stream.of(command), Stream.of(options)).toArray();
    }
}
