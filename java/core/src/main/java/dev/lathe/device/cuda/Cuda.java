package dev.lathe.device.cuda;

import java.nio.file.Path;
import java.util.Optional;

/** Asks for CUDA. Libraries that are opened on the way stay open. */
public final class Cuda {
    private Cuda() {}

    /**
     * Looks for GPUs and all that computing on them needs.
     *
     * @return the GPUs, or the first thing that is missing
     */
    public static synchronized CudaStatus status() {
        CudaCalls calls = new PresetCalls(RuntimeLibraries.of(System.getenv()));
        return new CudaDetection(calls, Optional.ofNullable(System.getenv("CUDA_VISIBLE_DEVICES")))
                .status();
    }

    /**
     * Opens what a device needs before the native part can make it.
     *
     * @param device {@code cuda}, {@code cuda:N} or {@code cuda-emulated}; others need nothing
     * @return nothing, or why the device is not to be had
     */
    public static synchronized Optional<String> missing(String device) {
        Optional<CudaLibrary> library = CudaLibrary.of(device);
        if (library.isEmpty()) {
            return Optional.empty();
        }
        if (library.get() == CudaLibrary.EMULATED) {
            return library.get().unpack().isPresent()
                    ? Optional.empty()
                    : Optional.of(library.get().absence());
        }
        return status() instanceof CudaStatus.Unavailable unavailable
                ? Optional.of(unavailable.explanation())
                : Optional.empty();
    }

    /**
     * The native library that makes a device.
     *
     * @param device as above
     * @return its file, or nothing for a device that needs none
     */
    public static synchronized Optional<Path> library(String device) {
        return CudaLibrary.of(device).flatMap(CudaLibrary::unpack);
    }
}
