package dev.lathe.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes the bytes of a GGUF file field by field, right or wrong, without the code that is tested.
 */
final class RawGguf {
    static final int UINT32 = 4;
    static final int FLOAT32 = 6;
    static final int BOOL = 7;
    static final int STRING = 8;
    static final int ARRAY = 9;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** Begins with magic, version 3 and the two counts. */
    static RawGguf begin(long tensors, long keys) {
        return new RawGguf().text("GGUF").int32(3).int64(tensors).int64(keys);
    }

    RawGguf int8(int value) {
        bytes.write(value);
        return this;
    }

    RawGguf int32(int value) {
        return raw(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    RawGguf int64(long value) {
        return raw(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    RawGguf raw(byte... more) {
        bytes.writeBytes(more);
        return this;
    }

    /** Writes characters without their length. */
    RawGguf text(String value) {
        return raw(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes length and characters. */
    RawGguf string(String value) {
        return int64(value.getBytes(StandardCharsets.UTF_8).length).text(value);
    }

    RawGguf stringKey(String key, String value) {
        return string(key).int32(STRING).string(value);
    }

    RawGguf uint32Key(String key, int value) {
        return string(key).int32(UINT32).int32(value);
    }

    RawGguf float32Key(String key, float value) {
        return string(key).int32(FLOAT32).int32(Float.floatToIntBits(value));
    }

    /** Writes a tensor's entry; sizes innermost first, as the file has them. */
    RawGguf tensor(String name, int type, long offset, long... sizes) {
        string(name).int32(sizes.length);
        for (long size : sizes) {
            int64(size);
        }
        return int32(type).int64(offset);
    }

    RawGguf zeros(int count) {
        return raw(new byte[count]);
    }

    /** Writes zeros up to a multiple. */
    RawGguf align(int alignment) {
        return zeros((alignment - bytes.size() % alignment) % alignment);
    }

    byte[] toByteArray() {
        return bytes.toByteArray();
    }
}
