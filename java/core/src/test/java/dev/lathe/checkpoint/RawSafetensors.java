package dev.lathe.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Puts a safetensors file together from any header, right or wrong, without the code that is
 * tested.
 */
final class RawSafetensors {
    private RawSafetensors() {}

    /** A file whose header is the given text, with so many bytes of zeros after it. */
    static byte[] of(String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return withLength(json.length, header, dataBytes);
    }

    /** A file that states any length of its header. */
    static byte[] withLength(long length, String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(json)
                .array();
    }

    /** A tensor's entry in a header. */
    static String entry(String name, String type, String shape, String offsets) {
        return String.format(
                "\"%s\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": %s}",
                name, type, shape, offsets);
    }
}
