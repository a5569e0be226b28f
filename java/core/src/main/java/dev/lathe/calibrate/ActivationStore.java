package dev.lathe.calibrate;

import dev.lathe.UsageException;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Activations of all calibration batches, [tokens of the batch × cols] F32 each. Batches stay in
 * the device's memory while they fit the budget; the others lie in a temporary file, which is read
 * and written at positions (a mapping's pages would count as resident). Where a batch lies changes
 * no result.
 */
public final class ActivationStore implements AutoCloseable {
    private static final int COPY_BYTES = 4 << 20;

    private final Device device;
    private final long budget;
    private final Path directory;
    private final List<Entry> entries = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BYTES);
    private FileChannel file;
    private Path path;
    private long fileEnd;
    private long resident;
    private long spilled;

    /** A batch: its tensor, or where it lies in the file. */
    private static final class Entry {
        private Tensor tensor;
        private long offset = -1;
        private long capacity;
        private long rows;
        private long cols;
    }

    /**
     * Creates an empty store.
     *
     * @param device where batches are used
     * @param budget bytes that may stay in the device's memory
     * @param directory where the temporary file goes if one is needed
     */
    public ActivationStore(Device device, long budget, Path directory) {
        this.device = device;
        this.budget = budget;
        this.directory = directory;
    }

    /**
     * Stores a batch, in the place of the one that was there.
     *
     * @param batch index, at most one past the greatest so far
     * @param tensor the values; the store owns the tensor from here on
     */
    public void put(int batch, Tensor tensor) {
        while (entries.size() <= batch) {
            entries.add(new Entry());
        }
        Entry entry = entries.get(batch);
        drop(entry);
        entry.rows = tensor.rows();
        entry.cols = tensor.cols();
        if (resident + tensor.bytes() <= budget) {
            entry.tensor = tensor;
            resident += tensor.bytes();
            return;
        }
        try (tensor) {
            spill(entry, tensor);
        }
    }

    /**
     * Takes a batch out; {@link #put} it back to keep it.
     *
     * @param batch index
     * @return the values, owned by the caller
     */
    public Tensor take(int batch) {
        Entry entry = entries.get(batch);
        if (entry.tensor != null) {
            Tensor tensor = entry.tensor;
            entry.tensor = null;
            resident -= tensor.bytes();
            return tensor;
        }
        Tensor tensor = device.tensor(DType.F32, entry.rows, entry.cols);
        try {
            transfer(entry, tensor, false);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /**
     * Bytes that went through the temporary file.
     *
     * @return bytes written to it
     */
    public long spilledBytes() {
        return spilled;
    }

    private void drop(Entry entry) {
        if (entry.tensor != null) {
            resident -= entry.tensor.bytes();
            entry.tensor.close();
            entry.tensor = null;
        }
    }

    private void spill(Entry entry, Tensor tensor) {
        try {
            if (file == null) {
                path = Files.createTempFile(directory, "lathe-activations", ".tmp");
                file =
                        FileChannel.open(
                                path,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE,
                                StandardOpenOption.DELETE_ON_CLOSE);
            }
        } catch (IOException e) {
            throw new UsageException(
                    "activations cannot be kept in " + directory + ": " + e.getMessage(), e);
        }
        if (entry.offset < 0 || entry.capacity < tensor.bytes()) {
            entry.offset = fileEnd;
            entry.capacity = tensor.bytes();
            fileEnd += tensor.bytes();
        }
        transfer(entry, tensor, true);
        spilled += tensor.bytes();
    }

    private void transfer(Entry entry, Tensor tensor, boolean writing) {
        try {
            for (long at = 0; at < tensor.bytes(); at += buffer.limit()) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), tensor.bytes() - at));
                if (writing) {
                    tensor.download(at, buffer);
                    buffer.flip();
                }
                while (buffer.hasRemaining()) {
                    long position = entry.offset + at + buffer.position();
                    int moved =
                            writing ? file.write(buffer, position) : file.read(buffer, position);
                    if (moved < 0) {
                        throw new IOException("the file ends at " + position);
                    }
                }
                if (!writing) {
                    buffer.flip();
                    tensor.upload(at, buffer);
                }
            }
        } catch (IOException e) {
            throw new UsageException("activations in " + path + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        entries.forEach(this::drop);
        entries.clear();
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                throw new UsageException("closing " + path + ": " + e.getMessage(), e);
            }
        }
    }
}
