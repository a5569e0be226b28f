package dev.lathe.device.cuda;

/**
 * An NVIDIA GPU.
 *
 * @param ordinal its number: {@code --device cuda:N}
 * @param model such as {@code NVIDIA H100 80GB HBM3}
 * @param major major number of its compute capability
 * @param minor minor number
 * @param memoryBytes its memory
 * @param freeMemoryBytes of these, not in use
 */
public record CudaGpu(
        int ordinal, String model, int major, int minor, long memoryBytes, long freeMemoryBytes) {
    /**
     * What it is opened by.
     *
     * @return such as {@code cuda:0}
     */
    public String name() {
        return "cuda:" + ordinal;
    }

    /**
     * Its compute capability.
     *
     * @return such as {@code 9.0}
     */
    public String computeCapability() {
        return major + "." + minor;
    }
}
