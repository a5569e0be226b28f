package dev.lathe.device.cuda;

import dev.lathe.device.cuda.CudaStatus.Available;
import dev.lathe.device.cuda.CudaStatus.Reason;
import dev.lathe.device.cuda.CudaStatus.Unavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the first thing that is missing. */
final class CudaDetection {
    /** What the kernels and the runtime libraries are built with; minor versions are compatible. */
    static final CudaVersion NEEDED = new CudaVersion(13, 0);

    /** The first driver that knows {@link #NEEDED}. */
    static final String NEEDED_DRIVER = "580";

    /** The oldest compute capability that kernels are compiled for. */
    static final int NEEDED_MAJOR = 8;

    private final CudaCalls calls;
    private final Optional<String> visibleDevices;

    /**
     * Prepares to ask.
     *
     * @param calls driver and runtime
     * @param visibleDevices value of the variable that hides GPUs from the process, if it is set
     */
    CudaDetection(CudaCalls calls, Optional<String> visibleDevices) {
        this.calls = calls;
        this.visibleDevices = visibleDevices;
    }

    CudaStatus status() {
        Optional<String> noDriver = calls.openDriver();
        if (noDriver.isPresent()) {
            return new Unavailable(
                    Reason.NO_DRIVER,
                    "no NVIDIA driver (%s); version %s or later is needed"
                            .formatted(noDriver.get(), NEEDED_DRIVER));
        }
        List<String> missing = calls.openRuntime();
        if (!missing.isEmpty()) {
            return new Unavailable(
                    Reason.NO_RUNTIME,
                    ("no %s; install the CUDA toolkit %d, or name a folder with these libraries in"
                                    + " %s, or build Lathe with -Pcuda-redist")
                            .formatted(
                                    String.join(", ", missing),
                                    NEEDED.major(),
                                    RuntimeLibraries.FOLDERS));
        }
        try {
            return askPresets();
        } catch (CudaCallException failure) {
            return new Unavailable(Reason.FAILED, failure.getMessage());
        } catch (LinkageError absent) {
            return new Unavailable(
                    Reason.NO_PRESETS,
                    "org.bytedeco:cuda for CUDA %d is not on the class path (%s)"
                            .formatted(NEEDED.major(), absent));
        }
    }

    private CudaStatus askPresets() throws CudaCallException {
        CudaVersion driver = calls.driverVersion();
        if (driver.compareTo(NEEDED) < 0) {
            return new Unavailable(
                    Reason.DRIVER_TOO_OLD,
                    "the NVIDIA driver knows CUDA %s; %s is needed, driver version %s or later"
                            .formatted(driver, NEEDED, NEEDED_DRIVER));
        }
        CudaVersion runtime = calls.runtimeVersion();
        List<CudaGpu> gpus = new ArrayList<>();
        int count = calls.deviceCount();
        for (int ordinal = 0; ordinal < count; ordinal++) {
            gpus.add(calls.device(ordinal));
        }
        if (gpus.isEmpty()) {
            String hidden =
                    visibleDevices.map(" (CUDA_VISIBLE_DEVICES is '%s')"::formatted).orElse("");
            return new Unavailable(Reason.NO_DEVICE, "the driver finds no GPU" + hidden);
        }
        if (gpus.stream().allMatch(gpu -> gpu.major() < NEEDED_MAJOR)) {
            CudaGpu gpu = gpus.get(0);
            return new Unavailable(
                    Reason.DEVICE_TOO_OLD,
                    "%s has compute capability %s; %d.0 or later is needed"
                            .formatted(gpu.model(), gpu.computeCapability(), NEEDED_MAJOR));
        }
        return calls.hasLibrary()
                ? new Available(driver, runtime, List.copyOf(gpus))
                : new Unavailable(Reason.NO_LIBRARY, CudaLibrary.HARDWARE.absence());
    }
}
