package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.device.cuda.Cuda;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * GPUs as the command sees them, emulated in processes of their own, since the emulation's settings
 * are variables of the environment. Accesses of kernels are not checked here: the kernels' own
 * tests do that.
 */
class EmulatedDevicesTest {
    private static final String DEVICE = "cuda-emulated";

    /** Bytes of gate, up and down of the model: [96 × 64] of F32. */
    private static final String WIDE_MATRIX = "upload of " + 96 * 64 * 4 + " bytes";

    private static final int WIDE_MATRICES = 3;

    /** Stages of a block: each factorises one Hessian. */
    private static final int STAGES = 4;

    @TempDir private static Path folder;
    private static Path text;
    private static Path expected;

    @BeforeAll
    static void runOnOneDevice() throws IOException {
        Optional<String> missing = Cuda.missing(DEVICE);
        assumeTrue(missing.isEmpty(), missing::orElseThrow);
        text = CalibrationText.write(folder.resolve("text.txt"), 3000);
        expected = compress("one.gguf", List.of());
    }

    @Test
    void severalDevicesShareTheLayersAndGiveTheSameBytes() throws IOException {
        Path output =
                compress(
                        "two.gguf",
                        List.of("LATHE_EMULATION_DEVICES=2"),
                        "--device",
                        DEVICE + ":0," + DEVICE + ":1");
        assertEquals(-1, Files.mismatch(expected, output));
        JsonNode record = record(output);
        assertEquals(DEVICE + ":0," + DEVICE + ":1", record.get("device").asText());
        for (String role : List.of("q_proj", "k_proj", "gate_proj", "up_proj")) {
            Set<String> devices = new HashSet<>();
            for (JsonNode tensor : record.get("tensors")) {
                if (tensor.get("role").asText().equals(role)) {
                    devices.add(tensor.get("device").asText());
                }
            }
            boolean second = role.equals("k_proj") || role.equals("up_proj");
            assertEquals(Set.of(DEVICE + (second ? ":1" : ":0")), devices, role);
        }
    }

    @Test
    void plansNameTheSameDevices() {
        CommandRun run =
                run(
                        List.of("LATHE_EMULATION_DEVICES=2"),
                        "plan",
                        CommandRun.model("llama-tied"),
                        "-o",
                        folder.resolve("planned.gguf"),
                        "--type",
                        "Q4_0",
                        "--device",
                        DEVICE + ":0," + DEVICE + ":1");
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("operations at"), run.out());
    }

    @Test
    void severalDevicesHaveToBeGpusAndDifferent() {
        for (String names : List.of("cpu,cpu", DEVICE + ",cpu", DEVICE + "," + DEVICE + ":0")) {
            CommandRun run = CommandRun.of(command(folder.resolve("no.gguf"), "--device", names));
            assertEquals(Main.USAGE, run.status(), run.err());
            assertEquals(1, run.err().lines().count(), run.err());
            assertTrue(run.err().contains("'" + names + "'"), run.err());
        }
    }

    @Test
    void theNextBlocksWeightsAreSentWhileABlockIsComputed() throws IOException {
        Path file = folder.resolve("record.txt");
        Path output =
                compress(
                        "late.gguf",
                        List.of("LATHE_EMULATION_DEFERRED=1", "LATHE_EMULATION_RECORD=" + file));
        assertEquals(-1, Files.mismatch(expected, output));
        List<String> lines = Files.readAllLines(file);
        // The first block is sent twice: to be compressed, and as it was. Then comes the second.
        int upload = nth(lines, WIDE_MATRIX, 3 * WIDE_MATRICES);
        int factorisation = nth(lines, "cusolverDnXpotrf", STAGES);
        assertTrue(
                upload < factorisation,
                "the second block was sent in line " + upload + " of " + file);
        // Work of the block before, on another stream, that had not been done by then.
        String stream = stream(lines.get(upload));
        Set<String> waiting = new HashSet<>();
        for (String line : lines.subList(nth(lines, "cusolverDnXpotrf", STAGES - 1), upload)) {
            if (line.startsWith("done ")) {
                waiting.remove(line.substring("done ".length()));
            } else if (!stream(line).equals(stream)) {
                waiting.add(line.split(" ")[2]);
            }
        }
        assertTrue(!waiting.isEmpty(), "all work was done before the upload");
    }

    @Test
    void aBudgetOfDeviceMemoryMakesBatchesSmallerAndChangesNoBit() throws IOException {
        JsonNode whole = record(expected);
        long least = whole.get("devicePeakBytes").asLong() - 1;
        Path output = compress("budget.gguf", List.of(), "--device-memory", least);
        assertEquals(-1, Files.mismatch(expected, output));
        JsonNode record = record(output);
        assertTrue(record.get("devicePeakBytes").asLong() <= least, record.toString());
        assertTrue(
                record.get("batchSequences").asInt() < whole.get("batchSequences").asInt(),
                record.get("batchSequences").toString());
    }

    @Test
    void aDeviceWithLessMemoryThanItsBudgetIsAskedForLessOnce() throws IOException {
        // Sizes alone let whole batches through at this budget, of which the device has a part.
        long peak = record(expected).get("devicePeakBytes").asLong();
        CommandRun run =
                run(
                        List.of("LATHE_EMULATION_MEMORY=" + peak),
                        command(folder.resolve("less.gguf"), "--device-memory", "64m"));
        assertEquals(0, run.status(), run.err());
        assertTrue(run.err().contains("going on with batches of"), run.err());
        assertEquals(-1, Files.mismatch(expected, folder.resolve("less.gguf")));
    }

    @Test
    void noRoomIsOneLineWithOperationSizesDeviceAndBudget() {
        CommandRun run =
                run(List.of(), command(folder.resolve("none.gguf"), "--device-memory", "300k"));
        assertEquals(Main.FAILED, run.status(), run.err());
        String last = lastLine(run);
        assertTrue(
                last.matches(
                        "lathe: out of device memory: \\w+ \\(.*\\d+\\) on cuda-emulated: no room"
                                + " for \\d+ bytes; \\d+ of 307200 are in use"),
                last);
        assertTrue(!Files.exists(folder.resolve("none.gguf")), "an output all the same");
    }

    @ParameterizedTest
    @CsvSource({
        "cudaMemcpyAsync:30, upload (bytes, cudaErrorUnknown",
        "cublasSgemm_64, tokens 288, CUBLAS_STATUS_EXECUTION_FAILED",
        "cusolverDnXpotrf, inverseFactor (cols 64, CUSOLVER_STATUS_EXECUTION_FAILED",
    })
    void aFailingCallIsNamedWithOperationSizesAndDevice(
            String call, String operation, String status) {
        CommandRun run =
                run(
                        List.of("LATHE_EMULATION_FAIL=" + call),
                        command(folder.resolve("failed.gguf")));
        assertEquals(Main.FAILED, run.status(), run.err());
        String last = lastLine(run);
        String name = call.replaceAll(":.*", "");
        for (String part :
                List.of(
                        "lathe: ",
                        operation,
                        " on cuda-emulated: " + name + " failed: " + status)) {
            assertTrue(last.contains(part), last);
        }
    }

    /** Runs a compression, which must succeed; its output. */
    private static Path compress(String name, List<String> environment, Object... more) {
        Path output = folder.resolve(name);
        CommandRun run = run(environment, command(output, more));
        assertEquals(0, run.status(), run.err());
        return output;
    }

    private static CommandRun run(List<String> environment, Object... command) {
        List<String> words = new ArrayList<>(List.of("env", "LATHE_EMULATION_CHECK=none"));
        words.addAll(environment);
        words.addAll(CommandProcess.words(command));
        return CommandProcess.startWords(folder, words).end();
    }

    private static Object[] command(Path output, Object... more) {
        List<Object> words =
                new ArrayList<>(List.of("compress", CommandRun.model("llama-tied"), "-o", output));
        words.addAll(List.of("--sparsity", 0.5, "--type", "Q4_0", "--asymmetry", 1));
        words.addAll(List.of("--calibration", text, "--sequences", 6, "--length", 48));
        words.addAll(Arrays.asList(more));
        if (!words.contains("--device")) {
            words.addAll(List.of("--device", DEVICE));
        }
        return words.toArray();
    }

    private static JsonNode record(Path output) throws IOException {
        Path file = output.resolveSibling(output.getFileName() + ".lathe.json");
        return new ObjectMapper().readTree(file.toFile());
    }

    private static String lastLine(CommandRun run) {
        String[] lines = run.err().split("\n");
        return lines[lines.length - 1];
    }

    /** Index of the line in which something is handed over for the n-th time. */
    private static int nth(List<String> lines, String what, int n) {
        int seen = 0;
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).endsWith(": " + what) && ++seen == n) {
                return i;
            }
        }
        throw new AssertionError(what + " was handed over " + seen + " times");
    }

    private static String stream(String line) {
        Matcher matcher = Pattern.compile("to (stream \\d+ of device \\d+):").matcher(line);
        assertTrue(matcher.find(), line);
        return matcher.group(1);
    }
}
