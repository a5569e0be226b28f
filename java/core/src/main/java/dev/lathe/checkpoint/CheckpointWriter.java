package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A checkpoint being written. All tensors are declared before the first byte, so that each has its
 * place from the start: they can be written in any order and in pieces, and an interrupted run
 * finds them where it left them.
 *
 * <p>Until {@link #finish} the bytes lie under the output's name with {@code .partial} added.
 * Closing before that leaves no output. The same declarations and bytes give the same files.
 *
 * <p>Writing and reading are safe for use by several threads on different tensors.
 */
public sealed interface CheckpointWriter extends AutoCloseable permits PlannedWriter {

    /**
     * Says where the bytes of an output lie until it is complete.
     *
     * @param output the output
     * @return the partial file or folder beside it
     */
    static Path partialPath(Path output) {
        Path absolute = output.toAbsolutePath().normalize();
        return absolute.resolveSibling(absolute.getFileName() + PlannedFiles.PARTIAL_SUFFIX);
    }

    /**
     * Makes sure that an output may be begun, before work whose results it is to hold.
     *
     * @param output the output
     * @param format its format
     * @param replace whether an earlier output may be replaced
     * @throws UsageException if it exists and may not be replaced, or its folder does not exist
     */
    static void requireFree(Path output, Format format, boolean replace) {
        requireFolder(output);
        if (format == Format.GGUF) {
            GgufWriter.requireFree(output, replace);
        } else {
            OutputFolder.requireFree(output, replace);
        }
    }

    /**
     * Makes sure that a file has a place to go.
     *
     * @param file to be written
     * @throws UsageException if its folder does not exist
     */
    static void requireFolder(Path file) {
        Path folder = file.toAbsolutePath().normalize().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new UsageException(file + ": there is no folder " + folder);
        }
    }

    /**
     * Returns the output.
     *
     * @return the final file or folder
     */
    Path path();

    /**
     * Returns the format of the output.
     *
     * @return the format
     */
    Format format();

    /**
     * Returns where the declared tensors lie, in the order of the output.
     *
     * @return unmodifiable list; files are given by their final names
     */
    List<TensorInfo> tensors();

    /**
     * Returns where a declared tensor lies.
     *
     * @param name name as declared
     * @return the tensor
     * @throws IllegalArgumentException if there is no such tensor
     */
    TensorInfo tensor(String name);

    /**
     * Says whether a partial output of an earlier run was taken up again.
     *
     * @return true if bytes of that run are there
     */
    boolean resumed();

    /**
     * Writes bytes of a tensor.
     *
     * @param tensor a tensor of this writer
     * @param offset where they belong, from the tensor's start
     * @param bytes the bytes, from position to limit
     * @throws UsageException if the disk is full or the file cannot be written
     * @throws IllegalArgumentException if the bytes do not lie within the tensor
     */
    void write(TensorInfo tensor, long offset, ByteBuffer bytes);

    /**
     * Reads bytes back, for example those of an earlier run.
     *
     * @param tensor a tensor of this writer
     * @param offset first byte, from the tensor's start
     * @param target where the bytes go, from position to limit
     * @throws DataException if they cannot be read
     * @throws IllegalArgumentException if the bytes do not lie within the tensor
     */
    void read(TensorInfo tensor, long offset, ByteBuffer target);

    /**
     * States that an earlier run has written a whole tensor.
     *
     * @param tensor a tensor of this writer
     * @throws IllegalStateException if no earlier run was taken up again
     */
    void markWritten(TensorInfo tensor);

    /**
     * Hands all bytes to the disk, so that a record of them stays true even if the machine stops.
     *
     * @throws UsageException if that fails
     */
    void force();

    /**
     * Gives the complete output its final name.
     *
     * @throws IllegalStateException naming the first tensor of which bytes are missing
     * @throws UsageException if that fails
     */
    void finish();

    /**
     * Returns what was written, with checksums, which are computed from the files when first asked
     * for.
     *
     * @return the files in alphabetical order
     * @throws IllegalStateException before {@link #finish}
     * @throws DataException if a file cannot be read
     */
    List<OutputFile> outputs();

    /**
     * Closes the files; before {@link #finish}, removes what was written unless told to keep it.
     */
    @Override
    void close();
}
