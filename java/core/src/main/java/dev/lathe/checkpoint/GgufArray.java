package dev.lathe.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * An array among the metadata of a GGUF file. Elements stay in the compact form of the file: a
 * vocabulary of 150,000 strings takes its bytes and four more a string, not an object a string.
 */
public sealed interface GgufArray extends GgufValue
        permits GgufArray.Numbers, GgufArray.Texts, GgufArray.Nested {

    /**
     * Returns the type of the elements.
     *
     * @return the type
     */
    GgufType elementType();

    /**
     * Returns the number of elements.
     *
     * @return the count
     */
    int size();

    @Override
    default GgufType type() {
        return GgufType.ARRAY;
    }

    /** Integers, floats or truth values. */
    final class Numbers implements GgufArray {
        private final GgufType elementType;
        private final ByteBuffer data;

        /** Takes over the bytes, which are those of the file. */
        Numbers(GgufType elementType, byte[] data) {
            if (elementType.bytes() == 0 || data.length % elementType.bytes() != 0) {
                throw new IllegalArgumentException(data.length + " bytes of type " + elementType);
            }
            this.elementType = elementType;
            this.data = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        }

        /**
         * Makes an array of 32-bit integers.
         *
         * @param values the elements
         * @return the array, of type INT32
         */
        public static Numbers ofInt32(int... values) {
            ByteBuffer data = littleEndian(values.length * (long) Integer.BYTES);
            data.asIntBuffer().put(values);
            return new Numbers(GgufType.INT32, data.array());
        }

        /**
         * Makes an array of 32-bit floats.
         *
         * @param values the elements
         * @return the array, of type FLOAT32
         */
        public static Numbers ofFloat32(float... values) {
            ByteBuffer data = littleEndian(values.length * (long) Float.BYTES);
            data.asFloatBuffer().put(values);
            return new Numbers(GgufType.FLOAT32, data.array());
        }

        private static ByteBuffer littleEndian(long bytes) {
            return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public GgufType elementType() {
            return elementType;
        }

        @Override
        public int size() {
            return data.capacity() / elementType.bytes();
        }

        /**
         * Returns an element as a whole number.
         *
         * @param index index of the element
         * @return the element; of UINT64 the 64 bits; 0 or 1 of BOOL
         * @throws IllegalStateException if the elements are floats
         */
        public long longAt(int index) {
            int at = index * elementType.bytes();
            return switch (elementType) {
                case UINT8, BOOL -> data.get(at) & 0xFFL;
                case INT8 -> data.get(at);
                case UINT16 -> data.getShort(at) & 0xFFFFL;
                case INT16 -> data.getShort(at);
                case UINT32 -> data.getInt(at) & 0xFFFFFFFFL;
                case INT32 -> data.getInt(at);
                case UINT64, INT64 -> data.getLong(at);
                default -> throw new IllegalStateException("elements are of type " + elementType);
            };
        }

        /**
         * Returns an element as a double.
         *
         * @param index index of the element
         * @return the element; exact for all types but 64-bit integers past 2^53
         */
        public double doubleAt(int index) {
            return switch (elementType) {
                case FLOAT32 -> data.getFloat(index * Float.BYTES);
                case FLOAT64 -> data.getDouble(index * Double.BYTES);
                default -> longAt(index);
            };
        }

        byte[] bytes() {
            return data.array();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Numbers that
                    && elementType == that.elementType
                    && Arrays.equals(bytes(), that.bytes());
        }

        @Override
        public int hashCode() {
            return 31 * elementType.hashCode() + Arrays.hashCode(bytes());
        }

        @Override
        public String toString() {
            return elementType + "[" + size() + "]";
        }
    }

    /** Strings. */
    final class Texts implements GgufArray {
        private final byte[] bytes;
        private final int[] ends;

        /** Takes over the bytes of all strings, one after another, and where each ends. */
        Texts(byte[] bytes, int[] ends) {
            this.bytes = bytes;
            this.ends = ends;
        }

        /**
         * Makes an array of strings.
         *
         * @param values the elements
         * @return the array
         */
        public static Texts of(List<String> values) {
            Builder builder = new Builder();
            for (String value : values) {
                builder.add(value.getBytes(StandardCharsets.UTF_8));
            }
            return builder.build();
        }

        @Override
        public GgufType elementType() {
            return GgufType.STRING;
        }

        @Override
        public int size() {
            return ends.length;
        }

        /**
         * Returns the strings.
         *
         * @return a view that decodes a string when it is asked for; bytes that are not UTF-8
         *     become U+FFFD
         */
        public List<String> values() {
            return new View();
        }

        /**
         * Returns the bytes of a string as they stand in the file.
         *
         * @param index index of the string
         * @return a copy
         */
        public byte[] bytesAt(int index) {
            return Arrays.copyOfRange(bytes, index == 0 ? 0 : ends[index - 1], ends[index]);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Texts that
                    && Arrays.equals(ends, that.ends)
                    && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(ends) + Arrays.hashCode(bytes);
        }

        @Override
        public String toString() {
            return "STRING[" + size() + "]";
        }

        private final class View extends AbstractList<String> implements RandomAccess {
            @Override
            public String get(int index) {
                int start = index == 0 ? 0 : ends[index - 1];
                return new String(bytes, start, ends[index] - start, StandardCharsets.UTF_8);
            }

            @Override
            public int size() {
                return ends.length;
            }
        }

        /**
         * Collects strings; memory grows with what is added, not with a count that a file claims.
         */
        static final class Builder {
            private byte[] bytes = new byte[1 << 12];
            private int[] ends = new int[1 << 8];
            private int used;
            private int count;

            void add(byte[] text) {
                if (text.length > bytes.length - used) {
                    long needed = Math.addExact(used, text.length);
                    bytes = Arrays.copyOf(bytes, larger(needed, bytes.length));
                }
                System.arraycopy(text, 0, bytes, used, text.length);
                used += text.length;
                if (count == ends.length) {
                    ends = Arrays.copyOf(ends, larger(count + 1L, ends.length));
                }
                ends[count++] = used;
            }

            private static int larger(long needed, int capacity) {
                long doubled = Math.min(2L * capacity, Integer.MAX_VALUE - 8L);
                return (int) Math.max(needed, doubled);
            }

            Texts build() {
                return new Texts(Arrays.copyOf(bytes, used), Arrays.copyOf(ends, count));
            }
        }
    }

    /**
     * Arrays within an array.
     *
     * @param elements the inner arrays
     */
    record Nested(List<GgufArray> elements) implements GgufArray {
        /**
         * Takes an unmodifiable copy.
         *
         * @param elements the component
         */
        public Nested {
            elements = List.copyOf(elements);
        }

        @Override
        public GgufType elementType() {
            return GgufType.ARRAY;
        }

        @Override
        public int size() {
            return elements.size();
        }
    }
}
