package dev.lathe.eval.run;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * {@code answers.jsonl}: one line per answer, as {@link LineLog} keeps them. Only the place of each
 * answer is kept in memory.
 *
 * <p>A request that failed has a line too; a later line of the same answer replaces it.
 */
public final class AnswerLog implements AutoCloseable {
    private static final long NONE = -1;

    private final Path path;
    private final LineLog<AnswerRecord> lines;
    private final QuestionIndex index;
    private final long[] offsets;
    private final int[] lengths;
    private final boolean[] failed;

    private AnswerLog(Path path, QuestionIndex index, boolean writable) {
        this.path = path;
        this.index = index;
        this.offsets = new long[index.slots()];
        this.lengths = new int[index.slots()];
        this.failed = new boolean[index.slots()];
        Arrays.fill(offsets, NONE);
        this.lines =
                writable
                        ? LineLog.append(path, AnswerRecord.class, this::place)
                        : LineLog.read(path, AnswerRecord.class, this::place);
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
        return new AnswerLog(path, index, false);
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
        return new AnswerLog(path, index, true);
    }

    private void place(LineLog.Place place, AnswerRecord answer) {
        int slot = index.slot(answer.key());
        if (slot < 0) {
            throw new DataException(
                    path
                            + ": line "
                            + place.number()
                            + ": answers "
                            + answer.key()
                            + ", which is not in this run");
        }
        if (answer.output() == null == (answer.failure() == null)) {
            throw new DataException(
                    path
                            + ": line "
                            + place.number()
                            + ": must have either an output or a failure");
        }
        if (answer.failed() && has(slot)) {
            return;
        }
        offsets[slot] = place.offset();
        lengths[slot] = place.length();
        failed[slot] = answer.failed();
    }

    /**
     * Adds an answer.
     *
     * @param answer to one of the run's questions
     */
    public synchronized void add(AnswerRecord answer) {
        place(lines.add(answer), answer);
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
        LineLog.Place place;
        synchronized (this) {
            place = new LineLog.Place(0, offsets[slot], lengths[slot]);
        }
        return place.offset() == NONE ? null : lines.get(place);
    }

    @Override
    public void close() {
        lines.close();
    }
}
