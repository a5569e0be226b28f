package dev.lathe.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Collects the little-endian header of a GGUF file. */
final class GgufOutput {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ByteBuffer scratch = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);

    long size() {
        return bytes.size();
    }

    byte[] toByteArray() {
        return bytes.toByteArray();
    }

    void int32(int value) {
        scratch.putInt(0, value);
        bytes.write(scratch.array(), 0, 4);
    }

    void int64(long value) {
        scratch.putLong(0, value);
        bytes.write(scratch.array(), 0, 8);
    }

    void string(String value) {
        string(value.getBytes(StandardCharsets.UTF_8));
    }

    private void string(byte[] value) {
        int64(value.length);
        bytes.writeBytes(value);
    }

    /** Writes zeros up to a position. */
    void padTo(long position) {
        while (bytes.size() < position) {
            bytes.write(0);
        }
    }

    /** Writes a value without its type. */
    void value(GgufValue value) {
        if (value instanceof GgufValue.WholeNumber number) {
            scratch.putLong(0, number.value());
            bytes.write(scratch.array(), 0, number.type().bytes());
        } else if (value instanceof GgufValue.Float32 number) {
            int32(Float.floatToRawIntBits(number.value()));
        } else if (value instanceof GgufValue.Float64 number) {
            int64(Double.doubleToRawLongBits(number.value()));
        } else if (value instanceof GgufValue.Flag flag) {
            bytes.write(flag.value() ? 1 : 0);
        } else if (value instanceof GgufValue.Text text) {
            string(text.value());
        } else if (value instanceof GgufArray array) {
            array(array);
        }
    }

    private void array(GgufArray array) {
        int32(array.elementType().ordinal());
        int64(array.size());
        if (array instanceof GgufArray.Numbers numbers) {
            bytes.writeBytes(numbers.bytes());
        } else if (array instanceof GgufArray.Texts texts) {
            for (int i = 0; i < texts.size(); i++) {
                string(texts.bytesAt(i));
            }
        } else if (array instanceof GgufArray.Nested nested) {
            nested.elements().forEach(this::array);
        }
    }
}
