package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.interop.EmbeddedLlamaMain.Answer;
import dev.lathe.interop.EmbeddedLlamaMain.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** llama.cpp b4916, embedded in a virtual machine of its own for each question. */
final class EmbeddedLlama {
    private static final int TIMEOUT_SECONDS = 300;
    private static final ObjectMapper JSON = new ObjectMapper();

    private EmbeddedLlama() {}

    /**
     * Asks and waits for the answer.
     *
     * @param request the question
     * @param folder where llama.cpp's library and its log may go
     */
    static Answer ask(Request request, Path folder) throws IOException, InterruptedException {
        Path question = folder.resolve("question.json");
        Path output = folder.resolve("answer.txt");
        Path log = folder.resolve("llama.log");
        // Whatever begins with "llama" is swept away where the library is unpacked.
        Path library = Files.createDirectories(folder.resolve("library"));
        JSON.writeValue(question.toFile(), request);
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx512m",
                                "-Dde.kherud.llama.tmpdir=" + library,
                                "-cp",
                                System.getProperty("java.class.path"),
                                EmbeddedLlamaMain.class.getName())
                        .redirectInput(question.toFile())
                        .redirectOutput(output.toFile())
                        .redirectError(log.toFile())
                        .start();
        boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        assertTrue(ended, () -> request.model() + ": no answer in time\n" + tail(log));
        assertEquals(0, process.exitValue(), () -> request.model() + "\n" + tail(log));
        List<String> lines = Files.readAllLines(output);
        return JSON.readValue(lines.get(lines.size() - 1), Answer.class);
    }

    private static String tail(Path log) {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 25), lines.size()));
        } catch (IOException e) {
            return log + " cannot be read: " + e.getMessage();
        }
    }
}
