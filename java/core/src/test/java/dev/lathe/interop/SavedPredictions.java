package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What {@code llama-perplexity --save-all-logits} writes: natural logarithms of probabilities, for
 * the second half of each window, the last token excepted.
 *
 * @param windows token ids of each window
 * @param rows {@code rows[w][i]} predicts token {@code first() + i + 1} of window w: [vocabulary]
 *     each, NaN where the probability is so small that it was not saved
 */
record SavedPredictions(int[][] windows, float[][][] rows) {
    private static final String MAGIC = "_logits_";

    /** A scale and an offset, F32 both, come before the values of a row. */
    private static final int ROW_HEADER_BYTES = 8;

    /** Index within a window of the token after which the first row predicts. */
    int first() {
        return windows[0].length / 2;
    }

    static SavedPredictions read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length()];
        bytes.get(magic);
        assertEquals(MAGIC, new String(magic, StandardCharsets.US_ASCII));
        int length = bytes.getInt();
        int vocabulary = bytes.getInt();
        int[][] windows = new int[bytes.getInt()][length];
        for (int[] window : windows) {
            for (int i = 0; i < length; i++) {
                window[i] = bytes.getInt();
            }
        }
        float[][][] rows = new float[windows.length][length - 1 - length / 2][];
        for (float[][] window : rows) {
            for (int i = 0; i < window.length; i++) {
                window[i] = row(bytes, vocabulary);
            }
        }
        assertEquals(0, bytes.remaining());
        return new SavedPredictions(windows, rows);
    }

    /** Values are 16-bit steps above an offset; a row takes an even number of them. */
    private static float[] row(ByteBuffer bytes, int vocabulary) {
        int next = bytes.position() + ROW_HEADER_BYTES + (vocabulary + 1) / 2 * 2 * Short.BYTES;
        float scale = bytes.getFloat();
        float least = bytes.getFloat();
        float[] row = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
            int steps = Short.toUnsignedInt(bytes.getShort());
            row[i] = steps == 0 ? Float.NaN : least + scale * steps;
        }
        bytes.position(next);
        return row;
    }
}
