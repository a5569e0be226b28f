package dev.lathe.device.cuda;

/**
 * A version of CUDA.
 *
 * @param major such as 13
 * @param minor such as 3
 */
public record CudaVersion(int major, int minor) implements Comparable<CudaVersion> {
    /** Reads what the driver and the runtime give: 13030 is 13.3. */
    static CudaVersion decode(int version) {
        return new CudaVersion(version / 1000, version % 1000 / 10);
    }

    @Override
    public int compareTo(CudaVersion other) {
        int majors = Integer.compare(major, other.major);
        return majors != 0 ? majors : Integer.compare(minor, other.minor);
    }

    /** Such as {@code 13.3}. */
    @Override
    public String toString() {
        return major + "." + minor;
    }
}
