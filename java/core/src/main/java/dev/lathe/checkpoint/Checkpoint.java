package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An open checkpoint: its tensors are known, their bytes are read when asked for.
 *
 * <p>Bytes come through positional reads of a file channel, not through a memory mapping: a JVM
 * cannot unmap at a known moment, and mapped pages count as resident memory, which would make the
 * peak that a run states untrue.
 *
 * <p>Reading is safe for use by several threads. Interrupting a thread inside {@link #read} closes
 * the file, as file channels do; open the checkpoint again after that.
 */
public sealed interface Checkpoint extends AutoCloseable permits StoredCheckpoint {

    /**
     * Returns what was opened.
     *
     * @return the file or folder
     */
    Path path();

    /**
     * Returns the format of the files.
     *
     * @return the format
     */
    Format format();

    /**
     * Returns all tensors in the order in which they lie in the file; shards follow one another.
     *
     * @return unmodifiable list
     */
    List<TensorInfo> tensors();

    /**
     * Looks a tensor up.
     *
     * @param name name as in the file
     * @return the tensor, or empty
     */
    Optional<TensorInfo> find(String name);

    /**
     * Looks up a tensor that must be there.
     *
     * @param name name as in the file
     * @return the tensor
     * @throws DataException naming checkpoint and tensor if it is not there
     */
    TensorInfo tensor(String name);

    /**
     * Reads bytes of a tensor until the target has no room left.
     *
     * @param tensor a tensor of this checkpoint
     * @param offset first byte, from the tensor's start
     * @param target where the bytes go, from its position to its limit
     * @throws DataException if the file has become shorter or cannot be read
     * @throws IllegalArgumentException if the bytes asked for are not all of the tensor
     */
    void read(TensorInfo tensor, long offset, ByteBuffer target);

    /** Closes the files. */
    @Override
    void close();

    /**
     * Opens a checkpoint; what it is follows from what it contains, not from its name.
     *
     * @param path a GGUF file (the first one of a split), a safetensors file, an index of
     *     safetensors shards, or a folder with {@code config.json} and safetensors files
     * @return the open checkpoint
     * @throws UsageException if there is nothing to open at the path
     * @throws DataException if what is there is broken
     */
    static Checkpoint open(Path path) {
        if (!Files.exists(path)) {
            throw new UsageException(path + " does not exist");
        }
        if (Files.isDirectory(path)) {
            return SafetensorsCheckpoint.openFolder(path);
        }
        ByteBuffer start = ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN);
        long size;
        try (ReadChannel channel = ReadChannel.open(path)) {
            size = channel.size();
            start.limit((int) Math.min(size, start.capacity()));
            channel.read(start, 0, "start of the file");
        }
        start.flip();
        if (start.remaining() >= 4 && start.getInt(0) == GgufReader.MAGIC) {
            return GgufCheckpoint.open(path);
        }
        if (start.remaining() == 9 && start.get(8) == '{') {
            return SafetensorsCheckpoint.openFile(path);
        }
        if (start.hasRemaining() && start.get(0) == '{') {
            return SafetensorsCheckpoint.openIndex(path);
        }
        StringBuilder found = new StringBuilder();
        while (start.hasRemaining()) {
            found.append(String.format(" %02x", start.get()));
        }
        throw new DataException(
                String.format(
                        "%s is neither GGUF nor safetensors: wrong magic, %s",
                        path,
                        size == 0 ? "it is empty" : "its " + size + " bytes begin with" + found));
    }
}
