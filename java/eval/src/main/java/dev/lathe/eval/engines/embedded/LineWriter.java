package dev.lathe.eval.engines.embedded;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;

/** Writes lines of JSON. For any threads. */
final class LineWriter implements Closeable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final OutputStream output;

    LineWriter(OutputStream output) {
        this.output = output;
    }

    /** Writes one line. */
    void write(Object value) throws IOException {
        byte[] text = JSON.writeValueAsBytes(value);
        synchronized (this) {
            output.write(text);
            output.write('\n');
            output.flush();
        }
    }

    @Override
    public void close() throws IOException {
        output.close();
    }
}
