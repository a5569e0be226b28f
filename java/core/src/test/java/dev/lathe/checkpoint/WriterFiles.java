package dev.lathe.checkpoint;

import dev.lathe.device.DType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Small tensors with reproducible bytes for the tests of the writers. */
final class WriterFiles {
    private WriterFiles() {}

    static TensorSpec spec(String name, DType type, long... shape) {
        return new TensorSpec(name, type, Arrays.stream(shape).boxed().toList());
    }

    /**
     * A vector of odd size, a matrix, a block type, three dimensions, a scalar and an empty tensor.
     */
    static List<TensorSpec> mixed() {
        return List.of(
                spec("vector", DType.F16, 7),
                spec("matrix", DType.F32, 3, 5),
                spec("cube", DType.BF16, 2, 3, 4),
                spec("scalar", DType.F32),
                spec("empty", DType.F32, 0, 4));
    }

    /**
     * Bytes that depend on the name alone. Floats made of them may be NaN; nothing here computes
     * with them.
     */
    static byte[] bytes(TensorInfo tensor) {
        byte[] bytes = new byte[(int) tensor.byteLength()];
        new Random(tensor.name().hashCode()).nextBytes(bytes);
        return bytes;
    }

    static void writeAll(CheckpointWriter writer) {
        for (TensorInfo tensor : writer.tensors()) {
            writer.write(tensor, 0, ByteBuffer.wrap(bytes(tensor)));
        }
    }
}
