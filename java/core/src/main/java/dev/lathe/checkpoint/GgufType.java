package dev.lathe.checkpoint;

import java.util.Optional;

/** The types of GGUF metadata values; the ordinal is the number in the file. */
public enum GgufType {
    /** Unsigned 8-bit integer. */
    UINT8(1),
    /** Signed 8-bit integer. */
    INT8(1),
    /** Unsigned 16-bit integer. */
    UINT16(2),
    /** Signed 16-bit integer. */
    INT16(2),
    /** Unsigned 32-bit integer. */
    UINT32(4),
    /** Signed 32-bit integer. */
    INT32(4),
    /** 32-bit float. */
    FLOAT32(4),
    /** One byte, 0 or 1. */
    BOOL(1),
    /** Length and UTF-8 bytes. */
    STRING(0),
    /** Element type, count and elements. */
    ARRAY(0),
    /** Unsigned 64-bit integer. */
    UINT64(8),
    /** Signed 64-bit integer. */
    INT64(8),
    /** 64-bit float. */
    FLOAT64(8);

    private final int bytes;

    GgufType(int bytes) {
        this.bytes = bytes;
    }

    /**
     * Returns the size of a value.
     *
     * @return bytes; 0 for strings and arrays, whose size varies
     */
    public int bytes() {
        return bytes;
    }

    /**
     * Says whether values are whole numbers.
     *
     * @return true for the signed and unsigned integers
     */
    public boolean whole() {
        return switch (this) {
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
            default -> true;
        };
    }

    /**
     * Finds a type by its number in the file.
     *
     * @param id number
     * @return the type, or empty for a number that GGUF does not define
     */
    static Optional<GgufType> byId(int id) {
        return id < 0 || id >= values().length ? Optional.empty() : Optional.of(values()[id]);
    }
}
