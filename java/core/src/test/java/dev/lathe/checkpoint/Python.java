package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Runs Python programs as independent readers of what was written. */
public final class Python {
    /** Names an interpreter that has the small packages: gguf, numpy, safetensors, tokenizers. */
    public static final String READERS = "LATHE_PYTHON";

    /** Names an interpreter that has torch and transformers too. */
    public static final String TORCH = "LATHE_TORCH_PYTHON";

    private static final Path OWN_PACKAGES = Path.of("../../python-interop");
    private static final int TIMEOUT_SECONDS = 300;

    /** Importing large packages takes seconds; once tried is enough. */
    private static final Set<String> IMPORTABLE = ConcurrentHashMap.newKeySet();

    private Python() {}

    /**
     * Skips the test where there is no interpreter.
     *
     * @param variable of the environment, which names it
     * @return the interpreter
     */
    public static String interpreter(String variable) {
        String interpreter = System.getenv(variable);
        assumeTrue(interpreter != null, () -> variable + " is not set");
        return interpreter;
    }

    /**
     * Runs a program; the test is skipped where LATHE_PYTHON names no interpreter that has the
     * packages.
     *
     * @param packages modules that the program imports, separated by commas
     * @param folder where the program's output may be kept
     * @param program the source
     * @param arguments its arguments
     * @return what it printed
     */
    public static String run(String packages, Path folder, String program, Object... arguments)
            throws IOException, InterruptedException {
        return run(READERS, packages, folder, List.of("-c", program), arguments);
    }

    /**
     * Runs a module of the project's own Python package; the test is skipped where no interpreter
     * has the packages.
     *
     * @param variable of the environment, which names the interpreter
     * @param packages modules that it imports from elsewhere, separated by commas
     * @param folder where its output may be kept
     * @param module its name
     * @param arguments its arguments
     * @return what it printed
     */
    public static String module(
            String variable, String packages, Path folder, String module, Object... arguments)
            throws IOException, InterruptedException {
        return run(variable, packages, folder, List.of("-m", module), arguments);
    }

    private static String run(
            String variable,
            String packages,
            Path folder,
            List<String> program,
            Object... arguments)
            throws IOException, InterruptedException {
        String interpreter = interpreter(variable);
        Path log = folder.resolve("python.log");
        if (!IMPORTABLE.contains(interpreter + packages)) {
            int exit = start(log, List.of(interpreter, "-c", "import " + packages));
            assumeTrue(exit == 0, () -> interpreter + " cannot import " + packages);
            IMPORTABLE.add(interpreter + packages);
        }
        List<String> command = new ArrayList<>(List.of(interpreter));
        command.addAll(program);
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        int exit = start(log, command);
        assertEquals(0, exit, () -> errors(log));
        return Files.readString(log, StandardCharsets.UTF_8).strip();
    }

    private static int start(Path log, List<String> command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("PYTHONPATH", OWN_PACKAGES.toAbsolutePath().toString());
        builder.environment().put("PYTHONIOENCODING", "utf-8");
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment().put("TRANSFORMERS_VERBOSITY", "error");
        builder.environment().put("HF_HUB_OFFLINE", "1");
        builder.redirectOutput(log.toFile());
        builder.redirectError(new File(log + ".errors"));
        Process process = builder.start();
        boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        assertTrue(ended, "Python did not end within " + TIMEOUT_SECONDS + " s");
        return process.exitValue();
    }

    private static String errors(Path log) {
        try {
            return Files.readString(log, StandardCharsets.UTF_8)
                    + Files.readString(Path.of(log + ".errors"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "no output: " + e.getMessage();
        }
    }
}
