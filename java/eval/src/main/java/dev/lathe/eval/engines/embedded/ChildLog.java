package dev.lathe.eval.engines.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * What the child's native code prints: a sign of life, and the reason when it ends. The last lines
 * are kept, cut to a length.
 */
final class ChildLog implements Runnable {
    private static final int LINES = 60;
    private static final int LENGTH = 400;

    private final InputStream output;
    private final Runnable signOfLife;
    private final Deque<String> lines = new ArrayDeque<>();

    ChildLog(InputStream output, Runnable signOfLife) {
        this.output = new BufferedInputStream(output);
        this.signOfLife = signOfLife;
    }

    /** Reads to the end. */
    @Override
    public void run() {
        byte[] line = new byte[LENGTH];
        int length = 0;
        try (output) {
            for (int next = output.read(); next >= 0; next = output.read()) {
                if (next == '\n') {
                    keep(line, length);
                    length = 0;
                } else if (length < LENGTH) {
                    line[length++] = (byte) (next < ' ' ? ' ' : next);
                }
            }
        } catch (IOException e) {
            // The process is gone.
        }
        keep(line, length);
    }

    private synchronized void keep(byte[] line, int length) {
        signOfLife.run();
        String text = new String(line, 0, length, StandardCharsets.UTF_8).strip();
        if (!text.isEmpty()) {
            lines.addLast(text);
            if (lines.size() > LINES) {
                lines.removeFirst();
            }
        }
    }

    /** The first kept line that tells of an error, or else the last line. */
    synchronized Optional<String> reason() {
        List<String> all = List.copyOf(lines);
        return all.stream()
                .filter(ChildLog::tellsOfError)
                .findFirst()
                .or(() -> all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1)));
    }

    private static boolean tellsOfError(String line) {
        return line.contains("error") || line.contains("failed") || line.contains("GGML_ASSERT");
    }
}
