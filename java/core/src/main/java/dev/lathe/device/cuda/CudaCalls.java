package dev.lathe.device.cuda;

import java.util.List;
import java.util.Optional;

/**
 * What {@link CudaDetection} asks of the machine, in the order in which it may be asked: the
 * presets can only be loaded once driver and runtime are open.
 */
interface CudaCalls {
    /** Opens the driver's library. Empty, or why it cannot be opened. */
    Optional<String> openDriver();

    /** Opens the runtime's libraries; the names of those that are not to be had. */
    List<String> openRuntime();

    /**
     * The newest CUDA that the driver knows. Throws a LinkageError where the presets are missing.
     */
    CudaVersion driverVersion() throws CudaCallException;

    CudaVersion runtimeVersion() throws CudaCallException;

    /** The number of GPUs that the process may see. */
    int deviceCount() throws CudaCallException;

    CudaGpu device(int ordinal) throws CudaCallException;

    /** Whether this build has Lathe's own library. */
    boolean hasLibrary();
}
