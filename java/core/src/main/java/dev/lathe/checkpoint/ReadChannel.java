package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file opened for positional reads; its errors name the file, the position and what was being
 * read.
 */
final class ReadChannel implements AutoCloseable {
    /**
     * A read into heap memory goes through a direct buffer as large as the read, which the JDK then
     * keeps.
     */
    private static final int HEAP_SLICE = 1 << 20;

    private final Path path;
    private final FileChannel channel;
    private final long size;

    private ReadChannel(Path path, FileChannel channel, long size) {
        this.path = path;
        this.channel = channel;
        this.size = size;
    }

    /**
     * Opens a regular file.
     *
     * @throws UsageException if there is no such file or it may not be read
     * @throws DataException if it cannot be opened for another reason
     */
    static ReadChannel open(Path path) {
        if (Files.isDirectory(path)) {
            throw new UsageException(path + " is a folder, a file was expected");
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            return new ReadChannel(path, channel, channel.size());
        } catch (NoSuchFileException e) {
            throw new UsageException(path + " does not exist", e);
        } catch (AccessDeniedException e) {
            throw new UsageException(path + " may not be read", e);
        } catch (IOException e) {
            throw new DataException(path + " cannot be opened: " + e.getMessage(), e);
        }
    }

    Path path() {
        return path;
    }

    long size() {
        return size;
    }

    /** Fills the target from the position on. Safe for use by several threads. */
    void read(ByteBuffer target, long position, String what) {
        readFully(channel, path, target, position, what);
    }

    /**
     * Fills a target from a channel.
     *
     * @throws DataException with file, position and what was being read if the file is too short or
     *     fails
     */
    static void readFully(
            FileChannel channel, Path path, ByteBuffer target, long position, String what) {
        long at = position;
        int limit = target.limit();
        try {
            while (target.position() < limit) {
                limitHeapTransfer(target, limit);
                int count = channel.read(target, at);
                if (count < 0) {
                    throw new DataException(
                            String.format(
                                    "%s: %s: the file ends at offset %d, %d more bytes were"
                                            + " expected",
                                    path, what, at, limit - target.position()));
                }
                at += count;
            }
        } catch (IOException e) {
            throw new DataException(
                    String.format("%s: %s: reading at offset %d failed: %s", path, what, at, e), e);
        } finally {
            target.limit(limit);
        }
    }

    /** Makes one transfer of heap memory small; direct memory goes in one. */
    static void limitHeapTransfer(ByteBuffer buffer, int limit) {
        if (!buffer.isDirect()) {
            buffer.limit(Math.min(limit, buffer.position() + HEAP_SLICE));
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new DataException(path + " cannot be closed: " + e.getMessage(), e);
        }
    }
}
