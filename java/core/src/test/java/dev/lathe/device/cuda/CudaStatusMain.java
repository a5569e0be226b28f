package dev.lathe.device.cuda;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes what this process knows of CUDA to a file. */
final class CudaStatusMain {
    private CudaStatusMain() {}

    /** What the presets answer. */
    record Answers(CudaVersion driver, CudaVersion runtime, List<CudaGpu> gpus) {}

    /**
     * Asks.
     *
     * @param args {@code status} or {@code answers}, and the file
     */
    public static void main(String[] args) throws IOException, CudaCallException {
        Object result = args[0].equals("status") ? Cuda.status() : answers();
        Files.writeString(
                Path.of(args[1]), JsonMapper.builder().build().writeValueAsString(result));
    }

    private static Answers answers() throws CudaCallException {
        PresetCalls calls = new PresetCalls(RuntimeLibraries.of(System.getenv()));
        if (calls.openDriver().isPresent() || !calls.openRuntime().isEmpty()) {
            throw new IllegalStateException("the made-up libraries cannot be opened");
        }
        List<CudaGpu> gpus = new ArrayList<>();
        for (int ordinal = 0; ordinal < calls.deviceCount(); ordinal++) {
            gpus.add(calls.device(ordinal));
        }
        return new Answers(calls.driverVersion(), calls.runtimeVersion(), gpus);
    }
}
