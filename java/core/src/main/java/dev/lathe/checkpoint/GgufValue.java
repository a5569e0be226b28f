package dev.lathe.checkpoint;

import java.nio.charset.StandardCharsets;

/**
 * A metadata value of a GGUF file with its exact type, so that it is written back as the same
 * bytes.
 */
public sealed interface GgufValue
        permits GgufValue.WholeNumber,
                GgufValue.Float32,
                GgufValue.Float64,
                GgufValue.Flag,
                GgufValue.Text,
                GgufArray {

    /**
     * Returns the type that the file states.
     *
     * @return the type
     */
    GgufType type();

    /**
     * An integer.
     *
     * @param type one of the eight integer types
     * @param value the number; of UINT64 the 64 bits, negative from 2^63 on
     */
    record WholeNumber(GgufType type, long value) implements GgufValue {
        /**
         * Checks the range.
         *
         * @param type the component
         * @param value the component
         * @throws IllegalArgumentException if the type is no integer type or the number does not
         *     fit
         */
        public WholeNumber {
            boolean fits =
                    switch (type) {
                        case UINT8 -> value >= 0 && value <= 0xFF;
                        case INT8 -> value == (byte) value;
                        case UINT16 -> value >= 0 && value <= 0xFFFF;
                        case INT16 -> value == (short) value;
                        case UINT32 -> value >= 0 && value <= 0xFFFFFFFFL;
                        case INT32 -> value == (int) value;
                        case UINT64, INT64 -> true;
                        default -> false;
                    };
            if (!fits) {
                throw new IllegalArgumentException(value + " is no value of type " + type);
            }
        }

        @Override
        public String toString() {
            return type == GgufType.UINT64 ? Long.toUnsignedString(value) : Long.toString(value);
        }
    }

    /**
     * A 32-bit float.
     *
     * @param value the number
     */
    record Float32(float value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.FLOAT32;
        }

        @Override
        public String toString() {
            return Float.toString(value);
        }
    }

    /**
     * A 64-bit float.
     *
     * @param value the number
     */
    record Float64(double value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.FLOAT64;
        }

        @Override
        public String toString() {
            return Double.toString(value);
        }
    }

    /**
     * A truth value.
     *
     * @param value the value
     */
    record Flag(boolean value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.BOOL;
        }

        @Override
        public String toString() {
            return Boolean.toString(value);
        }
    }

    /**
     * A string.
     *
     * @param value the text
     */
    record Text(String value) implements GgufValue {
        @Override
        public GgufType type() {
            return GgufType.STRING;
        }

        /** Returns the text as it stands in the file. */
        byte[] bytes() {
            return value.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return value;
        }
    }
}
