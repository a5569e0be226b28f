package dev.lathe.eval.run;

import dev.lathe.DataException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/** One line of a file as it is put together from chunks. */
final class LineBytes {
    private static final int KEPT = 1 << 20;

    private final Path path;
    private byte[] bytes = new byte[1 << 12];
    private int length;

    LineBytes(Path path) {
        this.path = path;
    }

    /** Takes bytes up to the next new line, which is taken too; tells whether it came. */
    boolean take(ByteBuffer chunk) {
        int from = chunk.position();
        int to = from;
        while (to < chunk.limit() && chunk.get(to) != '\n') {
            to++;
        }
        boolean complete = to < chunk.limit();
        int count = to - from;
        if (length + count > RunFiles.LONGEST_LINE) {
            throw new DataException(
                    path + ": a line is longer than " + RunFiles.LONGEST_LINE + " bytes");
        }
        if (length + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + count, 2 * length));
        }
        chunk.get(bytes, length, count);
        length += count;
        if (complete) {
            chunk.get();
        }
        return complete;
    }

    String text() {
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
        if (bytes.length > KEPT) {
            bytes = new byte[KEPT];
        }
    }
}
