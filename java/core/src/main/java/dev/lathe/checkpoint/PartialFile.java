package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A file of known size that is being filled: its header is there from the start, the rest comes in
 * any order.
 */
final class PartialFile implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;
    private final boolean resumed;

    /** Takes over an open channel. */
    PartialFile(Path path, FileChannel channel, boolean resumed) {
        this.path = path;
        this.channel = channel;
        this.resumed = resumed;
    }

    /**
     * Makes the file, or takes up the one that exists and may be resumed.
     *
     * @throws UsageException if it cannot be written or another writer holds it
     * @throws DataException if it is to be resumed and is not a file of this layout
     */
    static PartialFile open(Path path, byte[] header, long size, boolean resume) {
        try {
            FileChannel channel =
                    FileChannel.open(
                            path,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.CREATE,
                            LinkOption.NOFOLLOW_LINKS);
            boolean resumed = false;
            boolean owned = false;
            try {
                lock(path, channel);
                owned = !resume || channel.size() == 0;
                resumed = resume && complete(path, channel, header, size);
                PartialFile file = new PartialFile(path, channel, resumed);
                if (!resumed) {
                    channel.truncate(0);
                    file.write(0, ByteBuffer.wrap(header));
                    file.extend(size);
                }
                return file;
            } catch (IOException | RuntimeException e) {
                channel.close();
                if (owned) {
                    Files.deleteIfExists(path);
                }
                throw e;
            }
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    /** Keeps a second run from the file; the lock ends with the channel. */
    private static void lock(Path path, FileChannel channel) throws IOException {
        try {
            if (channel.tryLock() == null) {
                throw new UsageException(path + " is being written by another process");
            }
        } catch (OverlappingFileLockException e) {
            throw new UsageException(path + " is being written already", e);
        }
    }

    /**
     * Says whether an existing file has the whole header. Since the file gets its size after its
     * header, a smaller one comes from a run that was stopped while it made the file, and is made
     * anew.
     *
     * @throws DataException if what is there does not begin like the header
     */
    private static boolean complete(Path path, FileChannel channel, byte[] header, long size)
            throws IOException {
        byte[] found = new byte[(int) Math.min(header.length, channel.size())];
        ReadChannel.readFully(channel, path, ByteBuffer.wrap(found), 0, "header");
        if (!Arrays.equals(found, 0, found.length, header, 0, found.length)
                || channel.size() > size) {
            throw new DataException(
                    String.format(
                            "%s cannot be resumed: it was begun with other tensors or metadata (%d"
                                    + " bytes, %d expected)",
                            path, channel.size(), size));
        }
        return channel.size() == size;
    }

    /** Gives the file its size; what has not been written reads as zeros. */
    private void extend(long size) throws IOException {
        if (channel.size() < size) {
            write(size - 1, ByteBuffer.allocate(1));
        }
    }

    Path path() {
        return path;
    }

    boolean resumed() {
        return resumed;
    }

    void write(long position, ByteBuffer bytes) {
        long at = position;
        int limit = bytes.limit();
        try {
            while (bytes.position() < limit) {
                ReadChannel.limitHeapTransfer(bytes, limit);
                at += channel.write(bytes, at);
            }
        } catch (IOException e) {
            throw failure(path, e);
        } finally {
            bytes.limit(limit);
        }
    }

    void read(long position, ByteBuffer target, String what) {
        ReadChannel.readFully(channel, path, target, position, what);
    }

    void force() {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    /**
     * Says why writing failed and, since that is the most frequent cause, how much room is left.
     */
    static UsageException failure(Path path, IOException e) {
        String reason = e.getMessage();
        if (e instanceof AccessDeniedException) {
            reason = "permission denied";
        } else if (e instanceof NoSuchFileException) {
            reason = "its folder does not exist";
        }
        String free = "";
        try {
            long bytes = Files.getFileStore(path.toAbsolutePath().getParent()).getUsableSpace();
            free = String.format(" (%d bytes are free there)", bytes);
        } catch (IOException unknown) {
            e.addSuppressed(unknown);
        }
        return new UsageException(path + " cannot be written: " + reason + free, e);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failure(path, e);
        }
    }
}
