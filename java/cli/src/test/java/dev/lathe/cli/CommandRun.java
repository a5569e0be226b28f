package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * One run of the command within this process.
 *
 * @param status exit status
 * @param out what it printed to the standard output
 * @param err what it printed to the standard error stream
 */
record CommandRun(int status, String out, String err) {
    private static final Path GOLDEN =
            Path.of("../core/src/test/resources/golden/logits").toAbsolutePath().normalize();

    /** The small models that golden files of the library belong to. */
    static final List<String> MODELS =
            List.of("llama-tied", "llama-head", "llama-bias", "llama-rope", "qwen2", "qwen3");

    /** The folder of one of {@link #MODELS}. */
    static Path model(String name) {
        return GOLDEN.resolve(name).resolve("model");
    }

    /** Runs the command; arguments are turned to strings. */
    static CommandRun of(Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        String[] words = Arrays.stream(args).map(String::valueOf).toArray(String[]::new);
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), words);
        return new CommandRun(status, out.toString(), err.toString());
    }

    /** Runs the command, which must succeed and say nothing on the standard error stream. */
    static CommandRun quiet(Object... args) {
        CommandRun run = of(args);
        assertEquals("", run.err, "standard error");
        assertEquals(0, run.status, "status");
        return run;
    }

    /** The standard output as JSON, nothing before or after it. */
    JsonNode json() {
        try {
            return new ObjectMapper()
                    .reader()
                    .with(
                            com.fasterxml.jackson.databind.DeserializationFeature
                                    .FAIL_ON_TRAILING_TOKENS)
                    .readTree(out);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + out, e);
        }
    }
}
