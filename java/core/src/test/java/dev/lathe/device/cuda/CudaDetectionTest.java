package dev.lathe.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.device.cuda.CudaStatus.Available;
import dev.lathe.device.cuda.CudaStatus.Reason;
import dev.lathe.device.cuda.CudaStatus.Unavailable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Every reason, from a machine that is made up. */
class CudaDetectionTest {
    /** A machine that has everything, until a test takes something away. */
    private static final class Machine implements CudaCalls {
        private Optional<String> driver = Optional.empty();
        private List<String> missing = List.of();
        private Optional<LinkageError> presets = Optional.empty();
        private Optional<String> failure = Optional.empty();
        private CudaVersion version = new CudaVersion(13, 0);
        private List<CudaGpu> gpus =
                new ArrayList<>(List.of(new CudaGpu(0, "H100", 9, 0, 80_000, 79_000)));
        private boolean library = true;

        @Override
        public Optional<String> openDriver() {
            return driver;
        }

        @Override
        public List<String> openRuntime() {
            return missing;
        }

        @Override
        public CudaVersion driverVersion() {
            presets.ifPresent(
                    error -> {
                        throw error;
                    });
            return version;
        }

        @Override
        public CudaVersion runtimeVersion() {
            return new CudaVersion(13, 3);
        }

        @Override
        public int deviceCount() throws CudaCallException {
            if (failure.isPresent()) {
                throw new CudaCallException(failure.get());
            }
            return gpus.size();
        }

        @Override
        public CudaGpu device(int ordinal) {
            return gpus.get(ordinal);
        }

        @Override
        public boolean hasLibrary() {
            return library;
        }
    }

    private final Machine machine = new Machine();

    @Test
    void aMachineThatHasEverything() {
        Available found = assertInstanceOf(Available.class, status());
        assertEquals(new CudaVersion(13, 0), found.driver());
        assertEquals(new CudaVersion(13, 3), found.runtime());
        assertEquals(machine.gpus, found.gpus());
        assertEquals("cuda:0", found.gpus().get(0).name());
        assertEquals("9.0", found.gpus().get(0).computeCapability());
    }

    @Test
    void noDriver() {
        machine.driver = Optional.of("libcuda.so.1: cannot open shared object file");
        expect(Reason.NO_DRIVER, "no NVIDIA driver", "libcuda.so.1: cannot open", "580");
    }

    @Test
    void driverTooOld() {
        machine.version = new CudaVersion(12, 9);
        expect(Reason.DRIVER_TOO_OLD, "knows CUDA 12.9", "13.0 is needed", "580");
    }

    @Test
    void noRuntimeLibrariesAndHowToGetThem() {
        machine.missing = List.of("libcublas.so.13", "libcusolver.so.12");
        expect(
                Reason.NO_RUNTIME,
                "no libcublas.so.13, libcusolver.so.12",
                "toolkit 13",
                "LATHE_CUDA_LIBRARIES",
                "-Pcuda-redist");
    }

    @Test
    void noPresets() {
        machine.presets = Optional.of(new NoClassDefFoundError("org/bytedeco/cuda/global/cudart"));
        expect(Reason.NO_PRESETS, "org.bytedeco:cuda", "not on the class path");
    }

    @Test
    void presetsWithoutTheirNativePart() {
        machine.presets = Optional.of(new UnsatisfiedLinkError("no jnicudart"));
        expect(Reason.NO_PRESETS, "org.bytedeco:cuda", "no jnicudart");
    }

    @Test
    void noDevice() {
        machine.gpus.clear();
        expect(Reason.NO_DEVICE, "the driver finds no GPU");
    }

    @Test
    void devicesThatTheEnvironmentHides() {
        machine.gpus.clear();
        CudaStatus status = new CudaDetection(machine, Optional.of("-1")).status();
        Unavailable missing = assertInstanceOf(Unavailable.class, status);
        assertTrue(missing.explanation().endsWith("(CUDA_VISIBLE_DEVICES is '-1')"));
    }

    @Test
    void devicesTooOld() {
        machine.gpus.set(0, new CudaGpu(0, "T4", 7, 5, 16_000, 15_000));
        expect(Reason.DEVICE_TOO_OLD, "T4 has compute capability 7.5", "8.0");
    }

    @Test
    void oneDeviceIsNewEnough() {
        machine.gpus.add(0, new CudaGpu(0, "T4", 7, 5, 16_000, 15_000));
        assertInstanceOf(Available.class, status());
    }

    @Test
    void noKernelsInThisBuild() {
        machine.library = false;
        expect(Reason.NO_LIBRARY, "no CUDA kernels", "liblathe_cuda.so", "nvcc");
    }

    @Test
    void failingCalls() {
        machine.failure = Optional.of("cudaGetDeviceCount: cudaErrorUnknown, unknown error");
        expect(Reason.FAILED, "cudaGetDeviceCount: cudaErrorUnknown");
    }

    private CudaStatus status() {
        return new CudaDetection(machine, Optional.empty()).status();
    }

    private void expect(Reason reason, String... parts) {
        Unavailable missing = assertInstanceOf(Unavailable.class, status());
        assertEquals(reason, missing.reason());
        for (String part : parts) {
            assertTrue(missing.explanation().contains(part), missing.explanation());
        }
        assertEquals(1, missing.explanation().lines().count());
    }
}
