package dev.lathe.device;

import dev.lathe.DataException;
import dev.lathe.nativebackend.TypeInfo;
import dev.lathe.nativebackend.global.lathe;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How weights are stored: a float type, a block type of ggml, or a type that only safetensors has.
 * The catalogue is the native one ({@code native/include/lathe/formats/catalogue.h}); a type that
 * is added there appears here.
 *
 * <p>A row of a matrix is a whole number of blocks. Instances are unique: compare them with {@code
 * ==}.
 */
public final class DType {
    private static final List<DType> ALL;
    private static final Map<Integer, DType> BY_ID = new HashMap<>();
    private static final Map<String, DType> BY_NAME = new HashMap<>();

    static {
        List<DType> all = new ArrayList<>();
        for (int i = 0; i < lathe.typeCount(); i++) {
            try (TypeInfo info = lathe.typeInfo(i)) {
                all.add(new DType(info));
            }
        }
        ALL = Collections.unmodifiableList(all);
        for (DType type : ALL) {
            BY_ID.put(type.id, type);
            BY_NAME.put(type.name, type);
        }
    }

    /** IEEE 754 binary32. */
    public static final DType F32 = of("F32");

    /** IEEE 754 binary16. */
    public static final DType F16 = of("F16");

    /** The upper half of a binary32. */
    public static final DType BF16 = of("BF16");

    /** IEEE 754 binary64. */
    public static final DType F64 = of("F64");

    private final int id;
    private final String name;
    private final int blockSize;
    private final int blockBytes;
    private final boolean decodable;
    private final boolean encodable;
    private final boolean exactZero;
    private final boolean rescalable;

    private DType(TypeInfo info) {
        this.id = info.id();
        this.name = info.name().getString();
        this.blockSize = info.blockSize();
        this.blockBytes = info.blockBytes();
        this.decodable = info.decodable();
        this.encodable = info.encodable();
        this.exactZero = info.exactZero();
        this.rescalable = info.rescalable();
    }

    /**
     * All types, in ascending order of their ids.
     *
     * @return an unmodifiable list
     */
    public static List<DType> all() {
        return ALL;
    }

    /**
     * The type with a ggml type id, or an id of 1000 and above for a type that only safetensors
     * has.
     *
     * @param id the id
     * @return the type
     * @throws DataException if no type has this id
     */
    public static DType byId(int id) {
        DType type = BY_ID.get(id);
        if (type == null) {
            throw new DataException("storage type " + id + " is unknown");
        }
        return type;
    }

    /**
     * The type with a name in ggml's spelling.
     *
     * @param name the name, such as {@code Q4_K}
     * @return the type
     * @throws DataException if no type has this name
     */
    public static DType of(String name) {
        DType type = BY_NAME.get(name);
        if (type == null) {
            throw new DataException("storage type '" + name + "' is unknown");
        }
        return type;
    }

    /**
     * ggml's type id.
     *
     * @return the id; 1000 and above where ggml has no such type
     */
    public int id() {
        return id;
    }

    /**
     * The name in ggml's spelling.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * How many weights a block holds.
     *
     * @return 1 for the float and integer types
     */
    public int blockSize() {
        return blockSize;
    }

    /**
     * How many bytes a block takes.
     *
     * @return the size
     */
    public int blockBytes() {
        return blockBytes;
    }

    /**
     * Whether weights of this type can be read.
     *
     * @return true if they can be decoded to F32
     */
    public boolean decodable() {
        return decodable;
    }

    /**
     * Whether weights can be written in this type.
     *
     * @return true if F32 weights can be encoded
     */
    public boolean encodable() {
        return encodable;
    }

    /**
     * Whether a weight of exactly 0 can stand beside others, which joining the type with sparsity
     * needs.
     *
     * @return true if it can
     */
    public boolean exactZero() {
        return exactZero;
    }

    /**
     * Whether the blocks have an F16 scale, which can be {@linkplain Device#refitScales refitted}.
     *
     * @return false for float types, and where scales are coarser
     */
    public boolean rescalable() {
        return rescalable;
    }

    /**
     * Whether this is a block type of ggml.
     *
     * @return false for the float and integer types
     */
    public boolean quantized() {
        return blockSize > 1;
    }

    /**
     * Average storage of a weight, scales included.
     *
     * @return bits
     */
    public double bitsPerWeight() {
        return 8.0 * blockBytes / blockSize;
    }

    /**
     * Whether rows of this many weights are whole blocks.
     *
     * @param cols weights in a row
     * @return true if they are
     */
    public boolean fits(long cols) {
        return cols % blockSize == 0;
    }

    /**
     * Bytes of a number of weights.
     *
     * @param count weights, a whole number of blocks
     * @return their size in bytes
     * @throws DataException if the number is negative, no whole number of blocks, or too large to
     *     address
     */
    public long bytes(long count) {
        if (count < 0 || count % blockSize != 0) {
            throw new DataException(
                    count + " weights are no whole number of " + name + " blocks of " + blockSize);
        }
        try {
            return Math.multiplyExact(count / blockSize, (long) blockBytes);
        } catch (ArithmeticException e) {
            throw new DataException(
                    count + " weights of " + name + " are more than can be addressed", e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
