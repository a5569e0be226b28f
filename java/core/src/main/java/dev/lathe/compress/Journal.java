package dev.lathe.compress;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The journal beside an unfinished output, one JSON object a line: first the {@link Fingerprint} of
 * the run, then a {@link TensorRecord} for each tensor whose bytes are on the disk. A line that a
 * kill cut short is ignored: its tensor is made again.
 */
final class Journal implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path path;
    private final FileChannel file;
    private final Map<String, TensorRecord> finished;

    private Journal(Path path, FileChannel file, Map<String, TensorRecord> finished) {
        this.path = path;
        this.file = file;
        this.finished = finished;
    }

    /** Where the journal of an output lies. */
    static Path pathFor(Path output) {
        return output.resolveSibling(output.getFileName() + ".journal");
    }

    /**
     * Begins a journal, or takes up the one that is there.
     *
     * @param path the journal
     * @param fingerprint of this run
     * @param restart whether an older journal is thrown away
     * @return the journal
     * @throws UsageException if an older journal belongs to another run, naming what differs
     */
    static Journal open(Path path, Fingerprint fingerprint, boolean restart) {
        try {
            Map<String, TensorRecord> finished = new LinkedHashMap<>();
            Optional<Long> length = restart ? Optional.empty() : read(path, fingerprint, finished);
            FileChannel file =
                    FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            file.truncate(length.orElse(0L));
            file.position(length.orElse(0L));
            Journal journal = new Journal(path, file, finished);
            if (length.isEmpty()) {
                journal.append(JSON.writeValueAsString(fingerprint));
            }
            return journal;
        } catch (IOException e) {
            throw new UsageException("journal " + path + ": " + e, e);
        }
    }

    /**
     * Reads a journal and leaves it as it is.
     *
     * @param path the journal
     * @param fingerprint of this run
     * @return the tensors that are finished, by name; none where there is no journal
     * @throws UsageException if the journal belongs to another run, naming what differs
     */
    static Map<String, TensorRecord> read(Path path, Fingerprint fingerprint) {
        Map<String, TensorRecord> finished = new LinkedHashMap<>();
        try {
            read(path, fingerprint, finished);
            return finished;
        } catch (IOException e) {
            throw new UsageException("journal " + path + ": " + e, e);
        }
    }

    /**
     * Fills in finished tensors; the length of what is whole, or empty where there is no journal
     * yet.
     */
    private static Optional<Long> read(
            Path path, Fingerprint fingerprint, Map<String, TensorRecord> finished)
            throws IOException {
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        String text = Files.readString(path);
        int whole = text.lastIndexOf('\n') + 1;
        if (whole == 0) {
            return Optional.empty();
        }
        String[] lines = text.substring(0, whole).split("\n");
        try {
            Fingerprint other = JSON.readValue(lines[0], Fingerprint.class);
            String differences = fingerprint.differences(other);
            if (!differences.isEmpty()) {
                throw new UsageException(
                        path
                                + " belongs to an interrupted run that differs ("
                                + differences
                                + "); run the same command as then, or start over with --restart");
            }
            for (int i = 1; i < lines.length; i++) {
                TensorRecord tensor = JSON.readValue(lines[i], TensorRecord.class);
                finished.put(tensor.name(), tensor);
            }
        } catch (JsonProcessingException e) {
            throw new UsageException(
                    path + " is no journal of Lathe; remove it or use --restart", e);
        }
        return Optional.of((long) text.substring(0, whole).getBytes(StandardCharsets.UTF_8).length);
    }

    /** What an earlier run finished. */
    Map<String, TensorRecord> finished() {
        return finished;
    }

    /** Records a tensor whose bytes are on the disk. */
    void append(TensorRecord tensor) {
        try {
            append(JSON.writeValueAsString(tensor));
        } catch (IOException e) {
            throw new UsageException("journal " + path + ": " + e, e);
        }
    }

    private void append(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
        file.force(false);
    }

    /** Removes the journal. */
    void remove() {
        close();
        remove(path);
    }

    /** Removes the journal of a finished output. */
    static void remove(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UsageException("journal " + path + ": " + e, e);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UsageException("journal " + path + ": " + e, e);
        }
    }
}
