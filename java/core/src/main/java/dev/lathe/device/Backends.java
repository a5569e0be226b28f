package dev.lathe.device;

import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.device.cuda.Cuda;
import dev.lathe.nativebackend.Backend;
import dev.lathe.nativebackend.global.lathe;
import java.nio.file.Path;

/** Makes native backends by name, and exceptions of what they throw. */
final class Backends {
    private Backends() {}

    /** See {@link Device#open(String, String, int, long)}. */
    static Backend create(String name, String kernels, int threads, long memory) {
        String device = name.equals("auto") ? "cpu" : name;
        Cuda.missing(device)
                .ifPresent(
                        why -> {
                            throw new UsageException(
                                    "device '" + device + "' is not available: " + why);
                        });
        String library = Cuda.library(device).map(Path::toString).orElse(null);
        try {
            return lathe.createBackend(device, kernels, threads, memory, library);
        } catch (RuntimeException e) {
            throw new UsageException(e.getMessage(), e);
        }
    }

    /** What an exception of a native call is to the rest; one of Java's own stays what it is. */
    static RuntimeException failure(RuntimeException thrown) {
        // What std::exception becomes.
        if (thrown.getClass() != RuntimeException.class) {
            return thrown;
        }
        String message = thrown.getMessage();
        return message.startsWith(lathe.LATHE_OUT_OF_DEVICE_MEMORY)
                ? new OutOfDeviceMemoryException(message, thrown)
                : new LatheException(message, thrown);
    }
}
