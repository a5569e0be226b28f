package dev.lathe.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.device.cuda.CudaStatus.Reason;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The presets against libraries that answer as a driver and a runtime would, each time in a Java
 * machine of its own: what is open once stays open.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PresetCallsTest {
    private static final int TIMEOUT_SECONDS = 120;
    private static final Predicate<String> NOTHING = entry -> false;
    private static final Predicate<String> PRESETS =
            entry -> Path.of(entry).getFileName().toString().startsWith("cuda-");
    private static final Predicate<String> NATIVE_PART =
            PRESETS.and(entry -> entry.endsWith("-linux-x86_64.jar"));

    private Path folder;
    private Path driver;
    private Path runtime;

    @BeforeAll
    void compile(@TempDir Path temporary) throws IOException, InterruptedException {
        folder = temporary;
        driver = Files.createDirectories(folder.resolve("driver"));
        MadeUpLibraries.of(driver, "libcuda.so.1", "driver.c");
        runtime = Files.createDirectories(folder.resolve("runtime"));
        MadeUpLibraries.of(runtime, "libcudart.so.13", "runtime.c");
        MadeUpLibraries.empty(runtime, "libcublasLt.so.13");
        MadeUpLibraries.empty(runtime, "libcublas.so.13", "libcublasLt.so.13");
        MadeUpLibraries.empty(runtime, "libnvJitLink.so.13");
        MadeUpLibraries.empty(runtime, "libcusparse.so.12", "libnvJitLink.so.13");
        MadeUpLibraries.empty(runtime, "libcusolver.so.12", "libcublas.so.13", "libcusparse.so.12");
    }

    @Test
    void asksForVersionsAndDevices() throws IOException, InterruptedException {
        JsonNode answers = run("answers", Map.of(), NOTHING);
        assertEquals(3, answers.get("driver").get("minor").asInt());
        assertEquals(2, answers.get("runtime").get("minor").asInt());
        JsonNode second = answers.get("gpus").get(1);
        assertEquals("Made-up GPU 1", second.get("model").asText());
        assertEquals(9, second.get("major").asInt());
        assertEquals(1, second.get("minor").asInt());
        assertEquals(160_000_000_000L, second.get("memoryBytes").asLong());
        assertEquals(160_000_000_000L - 5, second.get("freeMemoryBytes").asLong());
    }

    @Test
    void aMachineThatHasAllButTheKernels() throws IOException, InterruptedException {
        JsonNode status = run("status", Map.of(), NOTHING);
        // What a build with nvcc makes of libraries that are made up is its own affair.
        assertTrue(
                status.has("gpus") || status.get("reason").asText().equals("NO_LIBRARY"),
                status.toString());
    }

    @Test
    void anOldDriver() throws IOException, InterruptedException {
        expect(Reason.DRIVER_TOO_OLD, "12.4", Map.of("FAKE_DRIVER", "12040"), NOTHING);
    }

    @Test
    void noDevices() throws IOException, InterruptedException {
        expect(Reason.NO_DEVICE, "finds no GPU", Map.of("FAKE_DEVICES", "0"), NOTHING);
        expect(Reason.NO_DEVICE, "finds no GPU", Map.of("FAKE_ERROR", "100"), NOTHING);
    }

    @Test
    void anOldDevice() throws IOException, InterruptedException {
        expect(Reason.DEVICE_TOO_OLD, "Made-up GPU 0", Map.of("FAKE_MAJOR", "7"), NOTHING);
    }

    @Test
    void anErrorOfTheRuntime() throws IOException, InterruptedException {
        String expected = "cudaGetDeviceCount: cudaErrorSystemDriverMismatch, system has";
        expect(Reason.FAILED, expected, Map.of("FAKE_ERROR", "803"), NOTHING);
    }

    @Test
    void aRuntimeThatIsNotComplete() throws IOException, InterruptedException {
        Path part = Files.createDirectories(folder.resolve("part"));
        Files.copy(runtime.resolve("libcudart.so.13"), part.resolve("libcudart.so.13"));
        Files.copy(runtime.resolve("libcublasLt.so.13"), part.resolve("libcublasLt.so.13"));
        Map<String, String> environment = Map.of(RuntimeLibraries.FOLDERS, part.toString());
        expect(
                Reason.NO_RUNTIME,
                "no libcublas.so.13, libnvJitLink.so.13, libcusparse.so.12, libcusolver.so.12;",
                environment,
                NOTHING);
    }

    @Test
    void aClassPathWithoutThePresets() throws IOException, InterruptedException {
        expect(Reason.NO_PRESETS, "NoClassDefFoundError", Map.of(), PRESETS);
    }

    @Test
    void aClassPathWithoutTheirNativePart() throws IOException, InterruptedException {
        expect(Reason.NO_PRESETS, "UnsatisfiedLinkError", Map.of(), NATIVE_PART);
    }

    @Test
    void noDriverAndNoPresets() throws IOException, InterruptedException {
        Map<String, String> environment = Map.of("LD_LIBRARY_PATH", "");
        if (SharedLibraries.open("libcuda.so.1").isPresent()) {
            expect(Reason.NO_DRIVER, "libcuda.so.1", environment, PRESETS);
        }
    }

    private void expect(
            Reason reason,
            String explanation,
            Map<String, String> environment,
            Predicate<String> without)
            throws IOException, InterruptedException {
        JsonNode status = run("status", environment, without);
        assertEquals(reason.name(), status.path("reason").asText(), status.toString());
        String text = status.get("explanation").asText();
        assertTrue(text.contains(explanation), text);
    }

    /** Without: entries that the class path is to lack. */
    private JsonNode run(String what, Map<String, String> environment, Predicate<String> without)
            throws IOException, InterruptedException {
        Path result = folder.resolve("status.json");
        Files.deleteIfExists(result);
        Path log = folder.resolve("log.txt");
        ProcessBuilder builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("javacpp"),
                        "-cp",
                        classPath(without),
                        CudaStatusMain.class.getName(),
                        what,
                        result.toString());
        Map<String, String> settings = new HashMap<>();
        settings.put("LD_LIBRARY_PATH", driver.toString());
        settings.put(RuntimeLibraries.FOLDERS, runtime.toString());
        settings.putAll(environment);
        builder.environment().putAll(settings);
        builder.environment().keySet().removeAll(List.of("CUDA_HOME", "CUDA_PATH"));
        Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        assertTrue(process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS), "no answer in time");
        assertEquals(0, process.exitValue(), Files.readString(log));
        return new ObjectMapper().readTree(result.toFile());
    }

    private static String classPath(Predicate<String> without) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(without.negate())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
