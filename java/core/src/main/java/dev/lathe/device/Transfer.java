package dev.lathe.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Moves bytes in pieces through one direct buffer of the calling thread. Direct memory is given
 * back only when the collector runs, so that a new buffer for each tensor would pile up.
 */
public final class Transfer {
    private static final int PIECE_BYTES = 4 << 20;

    /** The buffer of each thread; null while a transfer of the thread uses it. */
    private static final ThreadLocal<ByteBuffer> BUFFER =
            ThreadLocal.withInitial(
                    () -> ByteBuffer.allocateDirect(PIECE_BYTES).order(ByteOrder.nativeOrder()));

    private Transfer() {}

    /** Fills or takes a piece. */
    @FunctionalInterface
    public interface Step {
        /**
         * Moves a piece.
         *
         * @param offset where the piece begins, in bytes
         * @param piece the piece, from its position to its limit; a direct buffer in native order
         */
        void move(long offset, ByteBuffer piece);
    }

    /**
     * Moves bytes from a source to a sink.
     *
     * @param bytes how many
     * @param source fills each piece
     * @param sink takes each piece
     * @throws IllegalStateException if source or sink begins another transfer
     */
    public static void run(long bytes, Step source, Step sink) {
        ByteBuffer buffer = BUFFER.get();
        if (buffer == null) {
            throw new IllegalStateException("a transfer within a transfer");
        }
        BUFFER.set(null);
        try {
            for (long offset = 0; offset < bytes; offset += PIECE_BYTES) {
                buffer.clear().limit((int) Math.min(PIECE_BYTES, bytes - offset));
                source.move(offset, buffer);
                buffer.flip();
                sink.move(offset, buffer);
            }
        } finally {
            BUFFER.set(buffer);
        }
    }
}
