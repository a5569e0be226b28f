package dev.lathe.eval.run;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A file of JSON values, one a line, each written whole and handed to the system at once, so that
 * it survives the process. A last line that a kill cut short is dropped when the file is opened for
 * writing.
 *
 * @param <T> what a line holds
 */
public final class LineLog<T> implements AutoCloseable {
    private static final int CHUNK = 1 << 16;

    private final Path path;
    private final Class<T> type;
    private final FileChannel channel;
    private long end;

    private LineLog(Path path, Class<T> type, FileChannel channel) {
        this.path = path;
        this.type = type;
        this.channel = channel;
    }

    /**
     * Where a line is.
     *
     * @param number of the line, from 1; 0 for one that was just added
     * @param offset of its first byte
     * @param length in bytes, without the new line
     */
    public record Place(int number, long offset, int length) {}

    /**
     * Takes the lines of a file.
     *
     * @param <T> what a line holds
     */
    @FunctionalInterface
    public interface Reader<T> {
        /**
         * Takes one.
         *
         * @param place where it is
         * @param value what it holds
         */
        void accept(Place place, T value);
    }

    /**
     * Opens a file for reading.
     *
     * @param <T> what a line holds
     * @param path the file
     * @param type what a line holds
     * @param reader takes the lines that are there, in order
     * @return the log
     * @throws DataException if a line holds something else
     */
    public static <T> LineLog<T> read(Path path, Class<T> type, Reader<T> reader) {
        return open(path, type, reader, Set.of(StandardOpenOption.READ));
    }

    /**
     * Opens a file for writing; it is made where it does not exist.
     *
     * @param <T> what a line holds
     * @param path the file
     * @param type what a line holds
     * @param reader takes the lines that are there, in order
     * @return the log
     * @throws DataException if a line holds something else
     * @throws UsageException if another process writes it
     */
    public static <T> LineLog<T> append(Path path, Class<T> type, Reader<T> reader) {
        return open(
                path,
                type,
                reader,
                Set.of(
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE));
    }

    private static <T> LineLog<T> open(
            Path path, Class<T> type, Reader<T> reader, Set<StandardOpenOption> options) {
        boolean writable = options.contains(StandardOpenOption.WRITE);
        try {
            FileChannel channel = FileChannel.open(path, options);
            try {
                LineLog<T> log = new LineLog<>(path, type, channel);
                if (writable) {
                    log.lock();
                }
                log.scan(writable, reader);
                return log;
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be opened", e);
        }
    }

    private void lock() throws IOException {
        try {
            if (channel.tryLock() == null) {
                throw new UsageException(path + " is being written by another process");
            }
        } catch (OverlappingFileLockException e) {
            throw new UsageException(path + " is being written already", e);
        }
    }

    private void scan(boolean writable, Reader<T> reader) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        LineBytes line = new LineBytes(path);
        long position = 0;
        int number = 0;
        while (channel.read(chunk.clear(), position) > 0) {
            chunk.flip();
            position += chunk.remaining();
            while (line.take(chunk)) {
                number++;
                T value = RunFiles.parse(path, "line " + number + ": ", line.text(), type);
                reader.accept(new Place(number, end, line.length()), value);
                end += line.length() + 1;
                line.clear();
            }
        }
        if (writable && line.length() > 0) {
            channel.truncate(end);
        }
    }

    /**
     * Adds a line.
     *
     * @param value what it holds
     * @return where it is
     */
    public synchronized Place add(T value) {
        byte[] line = RunFiles.line(value).getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.wrap(line);
        try {
            long position = end;
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be written", e);
        }
        Place place = new Place(0, end, line.length - 1);
        end += line.length;
        return place;
    }

    /**
     * Reads a line again.
     *
     * @param place where it is
     * @return what it holds
     */
    public T get(Place place) {
        ByteBuffer line = ByteBuffer.allocate(place.length());
        try {
            while (line.hasRemaining()) {
                if (channel.read(line, place.offset() + line.position()) < 0) {
                    throw new DataException(path + ": has become shorter since it was opened");
                }
            }
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be read", e);
        }
        String text = new String(line.array(), StandardCharsets.UTF_8);
        return RunFiles.parse(path, "at byte " + place.offset() + ": ", text, type);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be closed", e);
        }
    }
}
