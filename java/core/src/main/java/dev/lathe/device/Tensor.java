package dev.lathe.device;

import dev.lathe.LatheException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A dense row-major matrix [rows × cols] in the memory of a device. It owns its memory and gives it
 * back when closed; a {@linkplain #rows view} does not own any. Closing twice is allowed, using a
 * closed tensor is an {@link IllegalStateException}. Not thread-safe.
 */
public final class Tensor implements AutoCloseable {
    private final Device device;
    private final DType type;
    private final long rows;
    private final long cols;
    private final long bytes;
    private final Pointer owned;
    private Pointer address;

    private Tensor(
            Device device, DType type, long rows, long cols, Pointer owned, Pointer address) {
        this.device = device;
        this.type = type;
        this.rows = rows;
        this.cols = cols;
        this.bytes = Math.multiplyExact(rows, type.bytes(cols));
        this.owned = owned;
        this.address = address;
    }

    static Tensor allocate(Device device, DType type, long rows, long cols) {
        if (rows < 0 || cols <= 0) {
            throw new IllegalArgumentException("a tensor of " + rows + " x " + cols);
        }
        Pointer memory = device.allocate(Math.multiplyExact(rows, type.bytes(cols)));
        return new Tensor(device, type, rows, cols, memory, memory);
    }

    /**
     * The device that holds the tensor.
     *
     * @return the device
     */
    public Device device() {
        return device;
    }

    /**
     * How the values are stored.
     *
     * @return the type
     */
    public DType type() {
        return type;
    }

    /**
     * The number of rows.
     *
     * @return rows
     */
    public long rows() {
        return rows;
    }

    /**
     * The number of values in a row.
     *
     * @return columns
     */
    public long cols() {
        return cols;
    }

    /**
     * The number of values.
     *
     * @return rows × columns
     */
    public long elements() {
        return rows * cols;
    }

    /**
     * The size in the device's memory.
     *
     * @return bytes
     */
    public long bytes() {
        return bytes;
    }

    /**
     * Some rows of this tensor, sharing its memory. The view must not be used after this tensor was
     * closed.
     *
     * @param first the first row
     * @param count how many rows
     * @return the view
     * @throws IndexOutOfBoundsException if the rows are not all within this tensor
     */
    public Tensor rows(long first, long count) {
        if (first < 0 || count < 0 || first + count > rows) {
            throw new IndexOutOfBoundsException(
                    "rows " + first + " to " + (first + count) + " of " + rows);
        }
        long offset = first * type.bytes(cols);
        return new Tensor(device, type, count, cols, null, at(offset));
    }

    /**
     * The same values read as another shape.
     *
     * @param newRows rows of the view
     * @param newCols columns of the view
     * @return the view
     * @throws IllegalArgumentException if the number of values differs
     */
    public Tensor reshape(long newRows, long newCols) {
        if (newRows * newCols != elements()) {
            throw new IllegalArgumentException(
                    rows + " x " + cols + " values are not " + newRows + " x " + newCols);
        }
        return new Tensor(device, type, newRows, newCols, null, at(0));
    }

    /**
     * Copies bytes from host memory into this tensor.
     *
     * @param offset where to begin, in bytes
     * @param source direct or heap buffer; everything from its position to its limit is copied
     */
    public void upload(long offset, ByteBuffer source) {
        checkRange(offset, source.remaining());
        if (source.isDirect()) {
            BytePointer host = new BytePointer(source);
            device.run(backend -> backend.upload(at(offset), host, source.remaining()));
            source.position(source.limit());
            return;
        }
        Transfer.run(
                source.remaining(),
                (at, piece) -> {
                    ByteBuffer part = source.slice().limit(piece.remaining());
                    source.position(source.position() + part.remaining());
                    piece.put(part);
                },
                (at, piece) -> upload(offset + at, piece));
    }

    /**
     * Copies bytes of this tensor to host memory.
     *
     * @param offset where to begin, in bytes
     * @param target a direct buffer; it is filled from its position to its limit
     */
    public void download(long offset, ByteBuffer target) {
        checkRange(offset, target.remaining());
        if (!target.isDirect()) {
            throw new IllegalArgumentException("download needs a direct buffer");
        }
        BytePointer host = new BytePointer(target);
        device.run(backend -> backend.download(host, at(offset), target.remaining()));
        target.position(target.limit());
    }

    /**
     * Copies F32 values into this tensor.
     *
     * @param values rows × cols values
     * @return this tensor
     */
    public Tensor set(float[] values) {
        requireF32();
        if ((long) values.length * Float.BYTES != bytes) {
            throw new IllegalArgumentException(
                    values.length + " values for " + rows + " x " + cols);
        }
        Transfer.run(
                bytes,
                (offset, piece) -> {
                    FloatBuffer floats = piece.asFloatBuffer();
                    floats.put(values, (int) (offset / Float.BYTES), floats.remaining());
                    piece.position(piece.limit());
                },
                this::upload);
        return this;
    }

    /**
     * Copies all F32 values to the heap.
     *
     * @return rows × cols values
     */
    public float[] toArray() {
        requireF32();
        float[] values = new float[Math.toIntExact(elements())];
        Transfer.run(
                bytes,
                this::download,
                (offset, piece) -> {
                    FloatBuffer floats = piece.asFloatBuffer();
                    floats.get(values, (int) (offset / Float.BYTES), floats.remaining());
                });
        return values;
    }

    /** Sets every byte to 0. */
    public void zero() {
        device.run(backend -> backend.clear(at(0), bytes));
    }

    /**
     * Copies another tensor's bytes into this one.
     *
     * @param source a tensor of the same device, type and number of values
     */
    public void copyFrom(Tensor source) {
        if (source.bytes != bytes || source.type != type) {
            throw new IllegalArgumentException(this + " cannot take a copy of " + source);
        }
        device.run(backend -> backend.copy(at(0), source.at(0), bytes));
    }

    /**
     * The same values on a device.
     *
     * @param target where to; the copy goes through the host's memory
     * @return a new tensor, closed by the caller
     */
    public Tensor copyTo(Device target) {
        Tensor copy = target.tensor(type, rows, cols);
        try {
            Transfer.run(bytes, this::download, copy::upload);
            return copy;
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    Pointer pointer() {
        return at(0);
    }

    FloatPointer floats() {
        requireF32();
        return new FloatPointer(at(0));
    }

    private void requireF32() {
        if (type != DType.F32) {
            throw new IllegalArgumentException("expected an F32 tensor, found " + this);
        }
    }

    private void checkRange(long offset, long length) {
        if (offset < 0 || offset + length > bytes) {
            throw new IndexOutOfBoundsException(
                    "bytes " + offset + " to " + (offset + length) + " of " + this);
        }
    }

    private Pointer at(long offset) {
        if (address == null) {
            throw new IllegalStateException("the tensor is closed");
        }
        return new BytePointer(address).getPointer(BytePointer.class, offset);
    }

    @Override
    public void close() {
        if (address != null && owned != null) {
            try {
                device.release(owned, bytes);
            } catch (RuntimeException e) {
                throw new LatheException("releasing " + this + ": " + e.getMessage(), e);
            }
        }
        address = null;
    }

    @Override
    public String toString() {
        return type + Arrays.toString(new long[] {rows, cols});
    }
}
