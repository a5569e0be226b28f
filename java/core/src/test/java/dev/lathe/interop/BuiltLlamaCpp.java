package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The programs of a llama.cpp that was built in the folder that LATHE_LLAMA_CPP names. */
final class BuiltLlamaCpp {
    private static final int TIMEOUT_SECONDS = 600;

    /** The program may end before its logging thread has written the last line. */
    private static final int ATTEMPTS = 8;

    private static final Pattern PERPLEXITY = Pattern.compile("Final estimate: PPL = ([0-9.]+)");

    private static final Pattern DRY_RUN =
            Pattern.compile(
                    "^\\[ *\\d+/ *\\d+\\] (\\S+) .*type = +(\\w+), size = [^(]*(?:\\((\\w+)\\))?");

    private BuiltLlamaCpp() {}

    /**
     * Where the programs are; the test is skipped where they are not.
     *
     * @return the folder of programs and libraries
     */
    static Path programs() {
        return require("llama-perplexity").getParent();
    }

    /** A program; the test is skipped where it is absent, as not every build has all of them. */
    private static Path require(String program) {
        String folder = System.getenv("LATHE_LLAMA_CPP");
        assumeTrue(folder != null, "LATHE_LLAMA_CPP is not set; it names the folder of llama.cpp");
        Path path = Path.of(folder, "build", "bin", program);
        assumeTrue(Files.isExecutable(path), () -> path.getParent() + " holds no " + program);
        return path;
    }

    /**
     * The perplexity of a text as llama.cpp reports it: over the second half of each window, the
     * key-value cache in F32.
     *
     * @param model a GGUF file
     * @param text a file
     * @param length tokens of a window
     * @param windows the number of windows
     * @param folder for logs
     */
    static double perplexity(Path model, Path text, int length, int windows, Path folder)
            throws IOException, InterruptedException {
        String output = "";
        for (int i = 0; i < ATTEMPTS; i++) {
            output = run(folder, "llama-perplexity", predicting(model, text, length, windows));
            Matcher matcher = PERPLEXITY.matcher(output);
            if (matcher.find()) {
                return Double.parseDouble(matcher.group(1));
            }
        }
        return fail(output);
    }

    /** The predictions of the same run. */
    static SavedPredictions predictions(Path model, Path text, int length, int windows, Path folder)
            throws IOException, InterruptedException {
        Path saved = folder.resolve("predictions");
        List<Object> arguments = new ArrayList<>(predicting(model, text, length, windows));
        arguments.addAll(List.of("--save-all-logits", saved));
        run(folder, "llama-perplexity", arguments);
        return SavedPredictions.read(saved);
    }

    /** The importance matrix that llama-imatrix measures on a text's first chunks. */
    static Path importance(Path model, Path text, int length, int chunks, Path folder)
            throws IOException, InterruptedException {
        Path output = folder.resolve("theirs.gguf");
        List<Object> arguments = new ArrayList<>(predicting(model, text, length, chunks));
        arguments.addAll(List.of("-o", output, "--output-format", "gguf", "--no-ppl"));
        run(folder, "llama-imatrix", arguments);
        return output;
    }

    /** Quantizes with an importance matrix; what llama-quantize printed. */
    static String quantize(Path model, Path importance, String type, Path output, Path folder)
            throws IOException, InterruptedException {
        return run(folder, "llama-quantize", List.of("--imatrix", importance, model, output, type));
    }

    private static List<Object> predicting(Path model, Path text, int length, int windows) {
        return List.of(
                "-m",
                model,
                "-f",
                text,
                "-c",
                length,
                "-b",
                length,
                "--chunks",
                windows,
                "-t",
                2,
                "-ctk",
                "f32",
                "-ctv",
                "f32",
                "-fa",
                "off",
                "--no-escape");
    }

    /**
     * The types that llama-quantize would give each tensor of a file under a mix, and whether it
     * was told that there is an importance matrix.
     */
    static Map<String, String> mixedTypes(Path model, String mix, Path importance, Path folder)
            throws IOException, InterruptedException {
        List<Object> arguments = new ArrayList<>(List.of("--dry-run"));
        if (importance != null) {
            arguments.addAll(List.of("--imatrix", importance));
        }
        arguments.addAll(List.of(model, mix));
        Map<String, String> types = new TreeMap<>();
        for (String line : run(folder, "llama-quantize", arguments).split("\\n")) {
            Matcher tensor = DRY_RUN.matcher(line);
            if (tensor.find()) {
                String now = tensor.group(2);
                types.put(tensor.group(1), tensor.group(3) == null ? now : tensor.group(3));
            }
        }
        return types;
    }

    /** An importance matrix of one short window of a text. */
    static Path importance(Path model, Path text, Path folder)
            throws IOException, InterruptedException {
        Path matrix = folder.resolve("importance.gguf");
        run(
                folder,
                "llama-imatrix",
                List.of("-m", model, "-f", text, "-c", 64, "--chunks", 1, "-o", matrix));
        return matrix;
    }

    /** ggml's own spelling of a type's name. */
    static String typeName(DType type) {
        String lower = type.name().toLowerCase(Locale.ROOT);
        return lower.matches("q\\d_k") ? lower.replace('k', 'K') : lower;
    }

    /** Encodes a text, special tokens recognised and, where the model asks for it, a BOS added. */
    static int[] tokenize(Path model, String text, Path folder)
            throws IOException, InterruptedException {
        Path file = folder.resolve("text.txt");
        Files.writeString(file, text);
        String output =
                run(
                        folder,
                        "llama-tokenize",
                        List.of("-m", model, "-f", file, "--ids", "--no-escape", "--log-disable"));
        return new ObjectMapper().readValue(output.substring(output.lastIndexOf('[')), int[].class);
    }

    private static String run(Path folder, String program, List<Object> arguments)
            throws IOException, InterruptedException {
        Path executable = require(program);
        List<String> command = new ArrayList<>(List.of(executable.toString()));
        arguments.forEach(argument -> command.add(argument.toString()));
        Path log = folder.resolve(program + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("LD_LIBRARY_PATH", executable.getParent().toString());
        Process process = builder.start();
        boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        String output = Files.readString(log);
        assertTrue(ended, () -> program + " did not end in time\n" + output);
        assertEquals(0, process.exitValue(), () -> String.join(" ", command) + "\n" + output);
        return output;
    }
}
