package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.device.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the header of a GGUF file, version 2 or 3 (they differ in nothing that little-endian files
 * show).
 *
 * <ol>
 *   <li>Magic "GGUF", version (4 bytes), number of tensors (8), number of metadata keys (8).
 *   <li>For each key: the key (a string: length in 8 bytes, UTF-8), the type of the value (4), the
 *       value. An array is the type of its elements (4), their number (8), the elements.
 *   <li>For each tensor: name (a string), number of sizes (4), sizes (8 each, innermost first),
 *       type (4), offset (8) from the start of the tensors' bytes.
 *   <li>Zeros up to a multiple of {@code general.alignment} (32 where the key is missing), then the
 *       tensors' bytes. Each offset is a multiple of the alignment.
 * </ol>
 *
 * <p>All numbers are little-endian.
 */
final class GgufReader {
    /** The bytes "GGUF" read as a little-endian number. */
    static final int MAGIC = 0x46554747;

    static final int MAXIMUM_DIMENSIONS = 4;

    /** Types from this number on are those that only safetensors has. */
    static final int FIRST_SAFETENSORS_TYPE = 1000;

    private static final int MAXIMUM_NAME_LENGTH = 65535;

    /**
     * Real files nest no arrays at all; the bound keeps a hostile one from exhausting the stack.
     */
    private static final int MAXIMUM_NESTING = 8;

    /**
     * The largest vocabularies take some 20 MB; the bound keeps a hostile file from exhausting
     * memory.
     */
    private static final long MAXIMUM_METADATA_BYTES = 512L << 20;

    /**
     * More keys, tensors or nested arrays than any model has; bounds what a hostile file makes us
     * hold.
     */
    private static final int MAXIMUM_ENTRIES = 1 << 20;

    /** Key: a length, one byte, a type, one byte of value. */
    private static final int LEAST_KEY_BYTES = 8 + 1 + 4 + 1;

    /** Tensor: a length, number of sizes, type, offset. */
    private static final int LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8;

    private static final int LEAST_STRING_BYTES = 8;
    private static final int LEAST_ARRAY_BYTES = 4 + 8;

    private final GgufInput input;
    private final long fileSize;

    private GgufReader(ReadChannel channel) {
        this.input = new GgufInput(channel);
        this.fileSize = channel.size();
    }

    /**
     * Reads the header.
     *
     * @throws DataException if anything in it is broken
     */
    static GgufHeader read(ReadChannel channel) {
        return new GgufReader(channel).readHeader();
    }

    private GgufHeader readHeader() {
        int magic = input.int32("magic");
        if (magic != MAGIC) {
            throw error("wrong magic %08x, expected %08x (GGUF)", magic, MAGIC);
        }
        int version = input.int32("version");
        if ((version & 0xFFFF) == 0) {
            throw error(
                    "version %d: big-endian files are not supported",
                    Integer.reverseBytes(version));
        }
        if (version != 2 && version != 3) {
            throw error("version %d is not supported, expected 2 or 3", version);
        }
        long tensorCount = entries(LEAST_TENSOR_BYTES, "the number of tensors");
        long keyCount = entries(LEAST_KEY_BYTES, "the number of metadata keys");
        GgufMetadata metadata = readMetadata(keyCount);
        long alignment = alignment(metadata);
        List<RelativeTensor> relative = readTensors(tensorCount);
        long dataStart = GgufHeader.align(input.position(), alignment);
        List<TensorInfo> tensors = new ArrayList<>(relative.size());
        for (RelativeTensor tensor : relative) {
            tensors.add(place(tensor, dataStart, alignment));
        }
        tensors.sort(Comparator.comparingLong(TensorInfo::offset));
        TensorStore.requireDisjoint(input.path(), tensors);
        return new GgufHeader(metadata, tensors);
    }

    private long entries(int leastBytes, String what) {
        long count = input.count(leastBytes, what);
        if (count > MAXIMUM_ENTRIES) {
            throw error("%s is %d, at most %d are read", what, count, MAXIMUM_ENTRIES);
        }
        return count;
    }

    private GgufMetadata readMetadata(long count) {
        long start = input.position();
        GgufMetadata.Builder metadata = GgufMetadata.builder(input.path().toString());
        for (long i = 0; i < count; i++) {
            String key = readName("metadata key " + i);
            if (metadata.contains(key)) {
                throw error("duplicate metadata key '%s'", key);
            }
            String what = "metadata key '" + key + "'";
            metadata.put(key, readValue(readType(what), what));
            if (input.position() - start > MAXIMUM_METADATA_BYTES) {
                throw error(
                        "metadata up to key '%s' take more than %d bytes",
                        key, MAXIMUM_METADATA_BYTES);
            }
        }
        return metadata.build();
    }

    private String readName(String what) {
        String name = input.string(what);
        if (name.isEmpty() || name.length() > MAXIMUM_NAME_LENGTH) {
            throw error(
                    "%s has %d characters, expected 1 to %d",
                    what, name.length(), MAXIMUM_NAME_LENGTH);
        }
        if (!Printable.isPlain(name)) {
            throw error("%s holds control characters: '%s'", what, Printable.of(name));
        }
        return name;
    }

    private GgufType readType(String what) {
        long at = input.position();
        int id = input.int32("the type of " + what);
        return GgufType.byId(id)
                .orElseThrow(
                        () ->
                                error(
                                        "%s: unknown type %d at offset %d, expected 0 to 12",
                                        what, id, at));
    }

    private GgufValue readValue(GgufType type, String what) {
        switch (type) {
            case STRING:
                return new GgufValue.Text(input.string(what));
            case ARRAY:
                return readArray(what, 1);
            case FLOAT32:
                return new GgufValue.Float32(Float.intBitsToFloat(input.int32(what)));
            case FLOAT64:
                return new GgufValue.Float64(Double.longBitsToDouble(input.int64(what)));
            case BOOL:
                int flag = input.uint8(what);
                requireFlag(flag, what);
                return new GgufValue.Flag(flag == 1);
            default:
                long bits = input.bits(type, what);
                long value =
                        switch (type) {
                            case INT8 -> (byte) bits;
                            case INT16 -> (short) bits;
                            case INT32 -> (int) bits;
                            default -> bits;
                        };
                return new GgufValue.WholeNumber(type, value);
        }
    }

    private void requireFlag(int flag, String what) {
        if (flag > 1) {
            throw error(
                    "%s: truth value %d before offset %d, expected 0 or 1",
                    what, flag, input.position());
        }
    }

    private GgufArray readArray(String what, int depth) {
        if (depth > MAXIMUM_NESTING) {
            throw error("%s: arrays nested deeper than %d", what, MAXIMUM_NESTING);
        }
        GgufType elementType = readType(what);
        String countName = "the number of elements of " + what;
        if (elementType == GgufType.STRING) {
            long count = input.count(LEAST_STRING_BYTES, countName);
            long start = input.position();
            GgufArray.Texts.Builder texts = new GgufArray.Texts.Builder();
            for (long i = 0; i < count; i++) {
                texts.add(input.stringBytes(what));
                if (input.position() - start > MAXIMUM_METADATA_BYTES) {
                    throw error("%s takes more than %d bytes", what, MAXIMUM_METADATA_BYTES);
                }
            }
            return texts.build();
        }
        if (elementType == GgufType.ARRAY) {
            long count = entries(LEAST_ARRAY_BYTES, countName);
            List<GgufArray> elements = new ArrayList<>();
            for (long i = 0; i < count; i++) {
                elements.add(readArray(what, depth + 1));
            }
            return new GgufArray.Nested(elements);
        }
        long bytes = input.count(elementType.bytes(), countName) * elementType.bytes();
        if (bytes > MAXIMUM_METADATA_BYTES) {
            throw error(
                    "%s takes %d bytes, at most %d are read", what, bytes, MAXIMUM_METADATA_BYTES);
        }
        byte[] data = input.bytes(bytes, what);
        if (elementType == GgufType.BOOL) {
            for (byte flag : data) {
                requireFlag(flag & 0xFF, what);
            }
        }
        return new GgufArray.Numbers(elementType, data);
    }

    private long alignment(GgufMetadata metadata) {
        GgufValue value = metadata.find(GgufHeader.ALIGNMENT_KEY).orElse(null);
        if (value == null) {
            return GgufHeader.DEFAULT_ALIGNMENT;
        }
        long alignment =
                value.type() == GgufType.UINT32 ? metadata.integer(GgufHeader.ALIGNMENT_KEY) : 0;
        if (Long.bitCount(alignment) != 1) {
            throw error(
                    "metadata key '%s' is %s of type %s, expected a power of two of type UINT32",
                    GgufHeader.ALIGNMENT_KEY, Printable.of(value.toString()), value.type());
        }
        return alignment;
    }

    /** A tensor as the header states it; offset from the start of the tensors' bytes. */
    private record RelativeTensor(String name, DType type, List<Long> shape, long offset) {}

    private List<RelativeTensor> readTensors(long count) {
        List<RelativeTensor> tensors = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (long i = 0; i < count; i++) {
            String name = readName("the name of tensor " + i);
            if (!names.add(name)) {
                throw error("duplicate tensor '%s'", name);
            }
            tensors.add(readTensor(name));
        }
        return tensors;
    }

    private RelativeTensor readTensor(String name) {
        String what = "tensor '" + name + "'";
        int dimensions = input.int32("the number of dimensions of " + what);
        if (dimensions < 0 || dimensions > MAXIMUM_DIMENSIONS) {
            throw error(
                    "%s has %s dimensions, expected at most %d",
                    what, Integer.toUnsignedString(dimensions), MAXIMUM_DIMENSIONS);
        }
        List<Long> shape = new ArrayList<>();
        for (int i = 0; i < dimensions; i++) {
            // The file has the innermost size first.
            shape.add(0, input.int64("the shape of " + what));
        }
        int typeId = input.int32("the type of " + what);
        DType type;
        try {
            if (typeId < 0 || typeId >= FIRST_SAFETENSORS_TYPE) {
                throw new DataException("unknown type " + typeId);
            }
            type = DType.byId(typeId);
        } catch (DataException e) {
            throw new DataException(
                    String.format(
                            "%s: %s has unknown type %d before offset %d",
                            input.path(), what, typeId, input.position()),
                    e);
        }
        return new RelativeTensor(name, type, shape, input.int64("the offset of " + what));
    }

    private TensorInfo place(RelativeTensor tensor, long dataStart, long alignment) {
        long bytes;
        try {
            bytes = TensorInfo.byteLength(tensor.type(), tensor.shape());
        } catch (ArithmeticException e) {
            throw error("tensor '%s': %s", tensor.name(), e.getMessage());
        }
        long offset = tensor.offset();
        if (offset < 0 || offset % alignment != 0) {
            throw error(
                    "tensor '%s' has offset %s, expected a multiple of the alignment %d",
                    tensor.name(), Long.toUnsignedString(offset), alignment);
        }
        if (offset > fileSize - dataStart || bytes > fileSize - dataStart - offset) {
            throw error(
                    "tensor '%s' takes %d bytes at offset %d of the tensor data, which starts at"
                            + " %d; it passes the end of the file of %d bytes",
                    tensor.name(), bytes, offset, dataStart, fileSize);
        }
        return new TensorInfo(
                tensor.name(),
                tensor.type(),
                tensor.shape(),
                input.path(),
                dataStart + offset,
                bytes);
    }

    private DataException error(String format, Object... arguments) {
        return new DataException(input.path() + ": " + String.format(format, arguments));
    }
}
