package dev.lathe.checkpoint;

import dev.lathe.DataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads the little-endian header of a GGUF file forwards; nothing is read or reserved that the file
 * cannot hold.
 */
final class GgufInput {
    private final ReadChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    private long bufferEnd;

    GgufInput(ReadChannel channel) {
        this.channel = channel;
        buffer.limit(0);
    }

    Path path() {
        return channel.path();
    }

    /** Position of the next byte to be read. */
    long position() {
        return bufferEnd - buffer.remaining();
    }

    long remaining() {
        return channel.size() - position();
    }

    int uint8(String what) {
        return need(1, what).get() & 0xFF;
    }

    int int32(String what) {
        return need(4, what).getInt();
    }

    long int64(String what) {
        return need(8, what).getLong();
    }

    /** Reads a value of a fixed-size type into the low bits of a long. */
    long bits(GgufType type, String what) {
        return switch (type.bytes()) {
            case 1 -> need(1, what).get() & 0xFFL;
            case 2 -> need(2, what).getShort() & 0xFFFFL;
            case 4 -> need(4, what).getInt() & 0xFFFFFFFFL;
            default -> need(8, what).getLong();
        };
    }

    /**
     * Reads a count of things that follow.
     *
     * @param leastBytes the fewest bytes that one of the things takes
     * @throws DataException if the rest of the file cannot hold so many
     */
    long count(int leastBytes, String what) {
        long at = position();
        long count = int64(what);
        if (count < 0 || count > remaining() / leastBytes) {
            throw new DataException(
                    String.format(
                            "%s: %s at offset %d is %s, more than the %d bytes left can hold",
                            path(), what, at, Long.toUnsignedString(count), remaining()));
        }
        return count;
    }

    byte[] bytes(long count, String what) {
        requireLeft(count, what);
        if (count > Integer.MAX_VALUE - 8) {
            throw new DataException(
                    String.format(
                            "%s: %s at offset %d takes %d bytes, more than 2 GiB",
                            path(), what, position(), count));
        }
        byte[] bytes = new byte[(int) count];
        int buffered = Math.min(bytes.length, buffer.remaining());
        buffer.get(bytes, 0, buffered);
        if (buffered < bytes.length) {
            ByteBuffer rest = ByteBuffer.wrap(bytes, buffered, bytes.length - buffered);
            long at = bufferEnd;
            bufferEnd += rest.remaining();
            channel.read(rest, at, what);
        }
        return bytes;
    }

    /** Reads the length and the bytes of a string. */
    byte[] stringBytes(String what) {
        return bytes(count(1, "the length of " + what), what);
    }

    String string(String what) {
        long at = position();
        byte[] bytes = stringBytes(what);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new DataException(
                    String.format("%s: %s at offset %d is not UTF-8", path(), what, at), e);
        }
    }

    private void requireLeft(long bytes, String what) {
        if (bytes > remaining()) {
            throw new DataException(
                    String.format(
                            "%s: truncated: %s at offset %d takes %d bytes, %d are left",
                            path(), what, position(), bytes, remaining()));
        }
    }

    private ByteBuffer need(int bytes, String what) {
        if (buffer.remaining() < bytes) {
            requireLeft(bytes, what);
            long left = channel.size() - bufferEnd;
            buffer.compact();
            buffer.limit((int) Math.min(buffer.capacity(), buffer.position() + left));
            long at = bufferEnd;
            bufferEnd += buffer.remaining();
            channel.read(buffer, at, what);
            buffer.flip();
        }
        return buffer;
    }
}
