package dev.lathe.eval.engines.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/** Reads lines of JSON, limited in size. For one thread. */
final class LineReader implements Closeable {
    private static final int LONGEST = 16 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final InputStream input;

    LineReader(InputStream input) {
        this.input = new BufferedInputStream(input);
    }

    /**
     * Reads one line.
     *
     * @return its value, or null at the end
     * @throws IOException if the line is too long or not of this form
     */
    <T> T read(Class<T> type) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = input.read(); next != '\n'; next = input.read()) {
            if (next < 0) {
                return null;
            }
            if (line.size() >= LONGEST) {
                throw new IOException("a line is longer than " + LONGEST + " bytes");
            }
            line.write(next);
        }
        try {
            return JSON.readValue(line.toByteArray(), type);
        } catch (JsonProcessingException e) {
            throw new IOException("a line is not a " + type.getSimpleName(), e);
        }
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
