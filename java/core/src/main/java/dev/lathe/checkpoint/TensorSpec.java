package dev.lathe.checkpoint;

import dev.lathe.device.DType;
import java.util.List;

/**
 * A tensor that is to be written.
 *
 * @param name name in the file
 * @param type storage type
 * @param shape sizes, outermost first; empty for a scalar
 */
public record TensorSpec(String name, DType type, List<Long> shape) {
    /**
     * Checks the shape and takes an unmodifiable copy.
     *
     * @param name the component
     * @param type the component
     * @param shape the component
     * @throws IllegalArgumentException if the name is empty, the sizes overflow or rows are not
     *     whole blocks
     */
    public TensorSpec {
        shape = List.copyOf(shape);
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a tensor without a name");
        }
        try {
            TensorInfo.byteLength(type, shape);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("tensor '" + name + "': " + e.getMessage(), e);
        }
    }

    /**
     * Makes a tensor like one that was read.
     *
     * @param tensor the other tensor
     * @return the same name, type and shape
     */
    public static TensorSpec of(TensorInfo tensor) {
        return new TensorSpec(tensor.name(), tensor.type(), tensor.shape());
    }

    /**
     * Returns the bytes of the tensor.
     *
     * @return bytes
     */
    public long byteLength() {
        return TensorInfo.byteLength(type, shape);
    }
}
