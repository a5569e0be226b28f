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
import java.util.Arrays;
import java.util.Set;

/**
 * {@code answers.jsonl}: one line per answer, written whole and handed to the system at once, so
 * that it survives the process. Only the place of each answer is kept in memory.
 *
 * <p>A request that failed has a line too; a later line of the same answer replaces it. A last line
 * that a kill cut short is dropped when the log is opened for writing.
 */
public final class AnswerLog implements AutoCloseable {
    private static final long NONE = -1;
    private static final int CHUNK = 1 << 16;

    private final Path path;
    private final FileChannel channel;
    private final QuestionIndex index;
    private final long[] offsets;
    private final int[] lengths;
    private final boolean[] failed;
    private long end;

    private AnswerLog(Path path, FileChannel channel, QuestionIndex index) {
        this.path = path;
        this.channel = channel;
        this.index = index;
        this.offsets = new long[index.slots()];
        this.lengths = new int[index.slots()];
        this.failed = new boolean[index.slots()];
        Arrays.fill(offsets, NONE);
    }

    /**
     * Opens a log for reading.
     *
     * @param path the file
     * @param index the run's questions
     * @return the log
     * @throws DataException if a line is not an answer to one of the questions
     */
    public static AnswerLog read(Path path, QuestionIndex index) {
        return open(path, index, Set.of(StandardOpenOption.READ));
    }

    /**
     * Opens a log for writing; it is made where it does not exist.
     *
     * @param path the file
     * @param index the run's questions
     * @return the log
     * @throws DataException if a line is not an answer to one of the questions
     * @throws UsageException if another process writes it
     */
    public static AnswerLog append(Path path, QuestionIndex index) {
        return open(
                path,
                index,
                Set.of(
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE));
    }

    private static AnswerLog open(Path path, QuestionIndex index, Set<StandardOpenOption> options) {
        boolean writable = options.contains(StandardOpenOption.WRITE);
        try {
            FileChannel channel = FileChannel.open(path, options);
            try {
                AnswerLog log = new AnswerLog(path, channel, index);
                if (writable) {
                    log.lock();
                }
                log.scan(writable);
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

    private void scan(boolean writable) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        LineBytes line = new LineBytes(path);
        long position = 0;
        int number = 0;
        while (channel.read(chunk.clear(), position) > 0) {
            chunk.flip();
            position += chunk.remaining();
            while (line.take(chunk)) {
                number++;
                String text = line.text();
                AnswerRecord answer =
                        RunFiles.parse(path, "line " + number + ": ", text, AnswerRecord.class);
                place(answer, line.length(), number);
                end += line.length() + 1;
                line.clear();
            }
        }
        if (writable && line.length() > 0) {
            channel.truncate(end);
        }
    }

    private void place(AnswerRecord answer, int length, int line) {
        int slot = index.slot(answer.key());
        if (slot < 0) {
            throw new DataException(
                    path
                            + ": line "
                            + line
                            + ": answers "
                            + answer.key()
                            + ", which is not in this run");
        }
        if (answer.output() == null == (answer.failure() == null)) {
            throw new DataException(
                    path + ": line " + line + ": must have either an output or a failure");
        }
        if (answer.failed() && has(slot)) {
            return;
        }
        offsets[slot] = end;
        lengths[slot] = length;
        failed[slot] = answer.failed();
    }

    /**
     * Adds an answer.
     *
     * @param answer to one of the run's questions
     */
    public synchronized void add(AnswerRecord answer) {
        byte[] line = RunFiles.line(answer).getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.wrap(line);
        try {
            long position = end;
            while (bytes.hasRemaining()) {
                position += channel.write(bytes, position);
            }
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be written", e);
        }
        place(answer, line.length - 1, 0);
        end += line.length;
    }

    /**
     * Whether an answer is there.
     *
     * @param slot its slot
     * @return false where it is missing or the engine failed
     */
    public synchronized boolean has(int slot) {
        return offsets[slot] != NONE && !failed[slot];
    }

    /**
     * Number of answers that are there.
     *
     * @return without failures
     */
    public synchronized int answered() {
        int count = 0;
        for (int slot = 0; slot < offsets.length; slot++) {
            count += has(slot) ? 1 : 0;
        }
        return count;
    }

    /**
     * Reads an answer.
     *
     * @param slot its slot
     * @return the line, or null where there is none
     */
    public AnswerRecord get(int slot) {
        long offset;
        ByteBuffer line;
        synchronized (this) {
            offset = offsets[slot];
            line = ByteBuffer.allocate(lengths[slot]);
        }
        if (offset == NONE) {
            return null;
        }
        try {
            while (line.hasRemaining()) {
                if (channel.read(line, offset + line.position()) < 0) {
                    throw new DataException(path + ": has become shorter since it was opened");
                }
            }
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be read", e);
        }
        String text = new String(line.array(), StandardCharsets.UTF_8);
        return RunFiles.parse(path, "at byte " + offset + ": ", text, AnswerRecord.class);
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
