package dev.lathe.device;

import dev.lathe.nativebackend.Backend;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;

/** A native backend from its opening to its end, and the memory that it has handed out. */
abstract class OpenBackend implements AutoCloseable {
    private Backend backend;
    private long allocated;
    private long peak;

    OpenBackend(Backend backend) {
        this.backend = backend;
    }

    /**
     * The device's name.
     *
     * @return such as {@code cpu}
     */
    public final String name() {
        return backend().device().getString();
    }

    /**
     * Which kernels compute, for the record of a run: results of different kernels may differ in
     * their last bits.
     *
     * @return such as {@code avx512+openblas-SkylakeX}
     */
    public final String kernelVariant() {
        return backend().kernelVariant().getString();
    }

    /**
     * The number of host threads.
     *
     * @return at least 1
     */
    public final int threads() {
        return backend().threads();
    }

    /**
     * What is left of the device's own memory, or of the budget that it was opened with.
     *
     * @return bytes; -1 where tensors are in the host's memory
     */
    public final long freeBytes() {
        return call(Backend::freeMemory);
    }

    /**
     * Bytes of open tensors.
     *
     * @return the bytes at present
     */
    public final long allocatedBytes() {
        return allocated;
    }

    /**
     * The most bytes of open tensors that there have been at once.
     *
     * @return bytes
     */
    public final long peakBytes() {
        return peak;
    }

    /** Waits until all work handed in is done. */
    public final void synchronize() {
        run(backend -> backend.synchronize());
    }

    final Backend backend() {
        if (backend == null) {
            throw new IllegalStateException("the device is closed");
        }
        return backend;
    }

    final Pointer allocate(long bytes) {
        Pointer memory = call(backend -> backend.acquire(bytes));
        allocated += bytes;
        peak = Math.max(peak, allocated);
        return memory;
    }

    final void release(Pointer memory, long bytes) {
        run(backend -> backend.release(memory));
        allocated -= bytes;
    }

    final void run(Consumer<Backend> operation) {
        call(
                backend -> {
                    operation.accept(backend);
                    return null;
                });
    }

    /** Failures of the native part, which have no class of their own, get one. */
    final <T> T call(Function<Backend, T> operation) {
        try {
            return operation.apply(backend());
        } catch (RuntimeException e) {
            throw Backends.failure(e);
        }
    }

    @Override
    public final void close() {
        if (backend != null) {
            backend.deallocate();
            backend = null;
        }
    }
}
