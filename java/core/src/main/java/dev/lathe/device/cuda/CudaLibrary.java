package dev.lathe.device.cuda;

import java.nio.file.Path;
import java.util.Optional;

/** Lathe's own libraries for CUDA: on the class path where a build put them. */
enum CudaLibrary {
    /** Compiled by nvcc. */
    HARDWARE(
            "liblathe_cuda.so",
            "this build of Lathe has no CUDA kernels (%s is missing): nvcc was not found when it"
                    + " was built; cuda/toolchain.sh --install gets one, and ./lathe or mvn -Pcuda"
                    + " builds them then"),
    /** The same sources on the processor. */
    EMULATED(
            "liblathe_cuda_emulated.so",
            "this build of Lathe has no emulated CUDA (%s is missing)");

    private static final String FOLDER = "/dev/lathe/cuda/linux-x86_64/";

    private final String file;
    private final String absence;

    CudaLibrary(String file, String absence) {
        this.file = file;
        this.absence = absence;
    }

    /** The library of a device; nothing for one that needs none. */
    static Optional<CudaLibrary> of(String device) {
        if (isNamed(device, "cuda-emulated")) {
            return Optional.of(EMULATED);
        }
        return isNamed(device, "cuda") ? Optional.of(HARDWARE) : Optional.empty();
    }

    /** Whether it is the device of that name, or one of several: NAME:N. */
    private static boolean isNamed(String device, String name) {
        return device.equals(name) || device.startsWith(name + ":");
    }

    /** Its file, unpacked, or nothing where the build has none. */
    Optional<Path> unpack() {
        return SharedLibraries.unpack(FOLDER + file);
    }

    /** Why it is not there. */
    String absence() {
        return absence.formatted(file);
    }
}
