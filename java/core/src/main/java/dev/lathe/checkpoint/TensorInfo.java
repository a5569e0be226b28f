package dev.lathe.checkpoint;

import dev.lathe.device.DType;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a tensor lies and how it is stored.
 *
 * @param name the tensor's name in its file
 * @param type storage type
 * @param shape sizes, outermost first; empty for a scalar
 * @param file the file that holds the bytes
 * @param offset position of the first byte, from the start of the file
 * @param byteLength length in bytes
 */
public record TensorInfo(
        String name, DType type, List<Long> shape, Path file, long offset, long byteLength) {

    /**
     * Takes an unmodifiable copy of the shape.
     *
     * @param name the component
     * @param type the component
     * @param shape the component
     * @param file the component
     * @param offset the component
     * @param byteLength the component
     */
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /**
     * Returns the number of weights.
     *
     * @return the product of all sizes; 1 for a scalar
     */
    public long elements() {
        return rows() * cols();
    }

    /**
     * Returns the number of rows: the product of all sizes but the innermost.
     *
     * @return rows; 1 for a vector or a scalar
     */
    public long rows() {
        long rows = 1;
        for (int i = 0; i < shape.size() - 1; i++) {
            rows *= shape.get(i);
        }
        return rows;
    }

    /**
     * Returns the innermost size: the weights of one row.
     *
     * @return columns; 1 for a scalar
     */
    public long cols() {
        return shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
    }

    /**
     * Returns the bytes of one row; a row is a whole number of blocks of the type.
     *
     * @return bytes of a row
     */
    public long rowBytes() {
        return cols() / type.blockSize() * type.blockBytes();
    }

    /**
     * Computes the bytes of a tensor without wrapping round.
     *
     * @param type storage type
     * @param shape sizes, outermost first
     * @return bytes
     * @throws ArithmeticException if the product passes 2^63 - 1, a size is negative, or a row is
     *     not a whole number of blocks; the message says which
     */
    public static long byteLength(DType type, List<Long> shape) {
        long cols = shape.isEmpty() ? 1 : shape.get(shape.size() - 1);
        if (cols % type.blockSize() != 0) {
            throw new ArithmeticException(
                    String.format(
                            "rows of %d weights are not whole blocks of %d of type %s",
                            cols, type.blockSize(), type.name()));
        }
        long bytes = type.blockBytes();
        boolean empty = false;
        for (int i = 0; i < shape.size(); i++) {
            long size = shape.get(i);
            if (size < 0) {
                throw new ArithmeticException("shape " + shape + " has a negative size");
            }
            // A 0 must not hide an overflow of the other sizes.
            empty |= size == 0;
            long factor = i == shape.size() - 1 ? size / type.blockSize() : size;
            try {
                bytes = Math.multiplyExact(bytes, Math.max(factor, 1));
            } catch (ArithmeticException e) {
                throw new ArithmeticException(
                        "shape " + shape + " of type " + type.name() + " overflows 64 bits");
            }
        }
        return empty ? 0 : bytes;
    }
}
