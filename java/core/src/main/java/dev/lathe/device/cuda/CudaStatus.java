package dev.lathe.device.cuda;

import java.util.List;

/** Whether this process can compute on NVIDIA GPUs. */
public sealed interface CudaStatus {
    /**
     * It can.
     *
     * @param driver the newest CUDA that the driver knows
     * @param runtime version of the runtime library
     * @param gpus what there is to compute on, at least one
     */
    record Available(CudaVersion driver, CudaVersion runtime, List<CudaGpu> gpus)
            implements CudaStatus {}

    /**
     * It cannot.
     *
     * @param reason what is missing
     * @param explanation one line: what was found, what is needed, how to get it
     */
    record Unavailable(Reason reason, String explanation) implements CudaStatus {}

    /** What can be missing, in the order in which it is looked for. */
    enum Reason {
        /** There is no driver. */
        NO_DRIVER,
        /** cuBLAS, cuSOLVER or what they need cannot be opened. */
        NO_RUNTIME,
        /** The presets are not on the class path. */
        NO_PRESETS,
        /** The driver is older than the runtime. */
        DRIVER_TOO_OLD,
        /** The driver sees no GPU. */
        NO_DEVICE,
        /** No GPU is of a generation that the kernels are compiled for. */
        DEVICE_TOO_OLD,
        /** Lathe's own CUDA library is not in this build. */
        NO_LIBRARY,
        /** Driver or runtime report an error. */
        FAILED
    }
}
