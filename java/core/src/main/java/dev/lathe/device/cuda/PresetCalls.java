package dev.lathe.device.cuda;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.SizeTPointer;

/** {@link CudaCalls} through bytedeco's presets. Nothing else in Lathe refers to their classes. */
final class PresetCalls implements CudaCalls {
    private static final String DRIVER = "libcuda.so.1";
    private static final int LONGEST_NAME = 256;

    private final RuntimeLibraries runtime;

    PresetCalls(RuntimeLibraries runtime) {
        this.runtime = runtime;
    }

    @Override
    public Optional<String> openDriver() {
        return SharedLibraries.open(DRIVER);
    }

    @Override
    public List<String> openRuntime() {
        return runtime.open();
    }

    @Override
    public CudaVersion driverVersion() throws CudaCallException {
        int[] version = new int[1];
        check("cudaDriverGetVersion", cudart.cudaDriverGetVersion(version));
        return CudaVersion.decode(version[0]);
    }

    @Override
    public CudaVersion runtimeVersion() throws CudaCallException {
        int[] version = new int[1];
        check("cudaRuntimeGetVersion", cudart.cudaRuntimeGetVersion(version));
        return CudaVersion.decode(version[0]);
    }

    @Override
    public int deviceCount() throws CudaCallException {
        int[] count = new int[1];
        int status = cudart.cudaGetDeviceCount(count);
        if (status == cudart.cudaErrorNoDevice) {
            return 0;
        }
        check("cudaGetDeviceCount", status);
        return count[0];
    }

    @Override
    public CudaGpu device(int ordinal) throws CudaCallException {
        String call = "cudaSetDevice(" + ordinal + ")";
        check(call, cudart.cudaSetDevice(ordinal));
        try (SizeTPointer free = new SizeTPointer(1);
                SizeTPointer total = new SizeTPointer(1)) {
            check(call + ", cudaMemGetInfo", cudart.cudaMemGetInfo(free, total));
            return new CudaGpu(
                    ordinal,
                    model(ordinal),
                    attribute(ordinal, cudart.cudaDevAttrComputeCapabilityMajor),
                    attribute(ordinal, cudart.cudaDevAttrComputeCapabilityMinor),
                    total.get(),
                    free.get());
        }
    }

    @Override
    public boolean hasLibrary() {
        return CudaLibrary.HARDWARE.unpack().isPresent();
    }

    /** The runtime gives names only in a structure that differs between its versions. */
    private static String model(int ordinal) throws CudaCallException {
        int[] device = new int[1];
        byte[] name = new byte[LONGEST_NAME];
        int status = cudart.cuDeviceGet(device, ordinal);
        if (status == cudart.CUDA_SUCCESS) {
            status = cudart.cuDeviceGetName(name, name.length, device[0]);
        }
        if (status != cudart.CUDA_SUCCESS) {
            throw new CudaCallException("cuDeviceGetName(" + ordinal + "): error " + status);
        }
        String text = new String(name, StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    private static int attribute(int ordinal, int attribute) throws CudaCallException {
        int[] value = new int[1];
        check(
                "cudaDeviceGetAttribute(" + attribute + ", " + ordinal + ")",
                cudart.cudaDeviceGetAttribute(value, attribute, ordinal));
        return value[0];
    }

    private static void check(String call, int status) throws CudaCallException {
        if (status != cudart.cudaSuccess) {
            throw new CudaCallException(
                    "%s: %s, %s"
                            .formatted(
                                    call,
                                    cudart.cudaGetErrorName(status).getString(),
                                    cudart.cudaGetErrorString(status).getString()));
        }
    }
}
