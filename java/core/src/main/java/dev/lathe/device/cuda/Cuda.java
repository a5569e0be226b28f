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
     * Whether a name is that of a GPU, emulated ones included.
     *
     * @param device the name
     * @return true for {@code cuda}, {@code cuda:N} and {@code cuda-emulated}
     */
    public static boolean isNamed(String device) {
        return CudaLibrary.of(device).isPresent();
    }

    /**
     * The name of a GPU with its number: {@code cuda-emulated} is {@code cuda-emulated:0}.
     *
     * @param device the name
     * @return the name with a number
     */
    public static String numbered(String device) {
        return device.contains(":") ? device : device + ":0";
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
