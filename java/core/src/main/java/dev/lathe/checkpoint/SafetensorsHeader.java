package dev.lathe.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.lathe.DataException;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads the header of a safetensors file.
 *
 * <ol>
 *   <li>Length of the header (8 bytes, little-endian).
 *   <li>The header, a JSON object: for each tensor {@code "name": {"dtype": "F16", "shape": [2, 3],
 *       "data_offsets": [0, 12]}}, offsets from the end of the header; {@code "__metadata__"} holds
 *       strings. Spaces may follow.
 *   <li>The tensors' bytes: no overlap, no hole, nothing after the last.
 * </ol>
 *
 * @param metadata the strings of {@code __metadata__}, sorted by key
 * @param tensors the file's tensors, sorted by offset
 */
record SafetensorsHeader(Map<String, String> metadata, List<TensorInfo> tensors) {
    static final String METADATA_KEY = "__metadata__";

    /** The bound of the reference implementation. */
    static final long MAXIMUM_HEADER_BYTES = 100_000_000;

    /** The names under which safetensors stores types; ggml's block types have none. */
    static final Set<String> TYPE_NAMES =
            Set.of(
                    "F32", "F16", "BF16", "F64", "I8", "I16", "I32", "I64", "U8", "U16", "U32",
                    "U64", "BOOL", "F8_E4M3", "F8_E5M2");

    private static final int LENGTH_BYTES = 8;

    /**
     * Reads the header.
     *
     * @throws DataException if anything in it is broken
     */
    static SafetensorsHeader read(ReadChannel channel) {
        Path file = channel.path();
        if (channel.size() < LENGTH_BYTES) {
            throw new DataException(
                    String.format(
                            "%s: truncated: %d bytes, the header's length alone takes %d",
                            file, channel.size(), LENGTH_BYTES));
        }
        ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        channel.read(length, 0, "the length of the header");
        long headerBytes = length.getLong(0);
        long left = channel.size() - LENGTH_BYTES;
        if (headerBytes < 2 || headerBytes > MAXIMUM_HEADER_BYTES || headerBytes > left) {
            throw new DataException(
                    String.format(
                            "%s: the length of the header is %s, expected 2 to %d",
                            file,
                            Long.toUnsignedString(headerBytes),
                            Math.min(MAXIMUM_HEADER_BYTES, left)));
        }
        byte[] json = new byte[(int) headerBytes];
        channel.read(ByteBuffer.wrap(json), LENGTH_BYTES, "header");
        return new Parser(file, LENGTH_BYTES + headerBytes, channel.size()).parse(json);
    }

    /** Parses as a stream, because a tree of a hostile header of 100 MB would take gigabytes. */
    private static final class Parser {
        private static final JsonFactory JSON =
                JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

        private final Path file;
        private final long dataStart;
        private final long fileSize;
        private final Map<String, String> metadata = new TreeMap<>();
        private final List<TensorInfo> tensors = new ArrayList<>();

        Parser(Path file, long dataStart, long fileSize) {
            this.file = file;
            this.dataStart = dataStart;
            this.fileSize = fileSize;
        }

        SafetensorsHeader parse(byte[] json) {
            try (JsonParser parser = JSON.createParser(json)) {
                expect(parser.nextToken(), JsonToken.START_OBJECT, "the header");
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    if (name.equals(METADATA_KEY)) {
                        readMetadata(parser);
                    } else {
                        readTensor(name, parser);
                    }
                }
                if (parser.nextToken() != null) {
                    throw error("the header goes on after its JSON object");
                }
            } catch (JsonParseException e) {
                throw syntaxError(e);
            } catch (IOException e) {
                throw error("the header cannot be parsed: %s", Printable.of(e.getMessage()));
            }
            tensors.sort(Comparator.comparingLong(TensorInfo::offset));
            requireNoHoles();
            return new SafetensorsHeader(metadata, List.copyOf(tensors));
        }

        private DataException syntaxError(JsonProcessingException e) {
            return new DataException(
                    String.format(
                            "%s: the header is no valid JSON at byte %d: %s",
                            file,
                            LENGTH_BYTES + e.getLocation().getByteOffset(),
                            Printable.of(e.getOriginalMessage())),
                    e);
        }

        private void readMetadata(JsonParser parser) throws IOException {
            expect(parser.currentToken(), JsonToken.START_OBJECT, METADATA_KEY);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                expect(
                        parser.nextToken(),
                        JsonToken.VALUE_STRING,
                        METADATA_KEY + "." + Printable.of(key));
                metadata.put(key, parser.getText());
            }
        }

        private void readTensor(String name, JsonParser parser) throws IOException {
            if (name.isEmpty() || !Printable.isPlain(name)) {
                throw error(
                        "name of a tensor that is empty or holds control characters: '%s'",
                        Printable.of(name));
            }
            String what = "tensor '" + name + "'";
            expect(parser.currentToken(), JsonToken.START_OBJECT, what);
            String typeName = null;
            List<Long> shape = null;
            List<Long> offsets = null;
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String field = parser.currentName();
                JsonToken token = parser.nextToken();
                switch (field) {
                    case "dtype":
                        expect(token, JsonToken.VALUE_STRING, what + ": dtype");
                        typeName = parser.getText();
                        break;
                    case "shape":
                        shape = readNumbers(parser, what + ": shape");
                        break;
                    case "data_offsets":
                        offsets = readNumbers(parser, what + ": data_offsets");
                        break;
                    default:
                        throw error("%s: unknown field '%s'", what, Printable.of(field));
                }
            }
            if (typeName == null || shape == null || offsets == null) {
                throw error("%s: dtype, shape and data_offsets are expected", what);
            }
            if (!TYPE_NAMES.contains(typeName)) {
                throw error("%s has unknown dtype '%s'", what, Printable.of(typeName));
            }
            add(name, DType.of(typeName), shape, offsets);
        }

        private List<Long> readNumbers(JsonParser parser, String what) throws IOException {
            expect(parser.currentToken(), JsonToken.START_ARRAY, what);
            List<Long> numbers = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
                boolean fits = parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
                if (!fits || parser.getLongValue() < 0) {
                    throw error(
                            "%s holds %s, expected 0 to %d",
                            what, parser.getText(), Long.MAX_VALUE);
                }
                numbers.add(parser.getLongValue());
            }
            return numbers;
        }

        private void add(String name, DType type, List<Long> shape, List<Long> offsets) {
            long bytes;
            try {
                bytes = TensorInfo.byteLength(type, shape);
            } catch (ArithmeticException e) {
                throw error("tensor '%s': %s", name, e.getMessage());
            }
            if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
                throw error(
                        "tensor '%s': data_offsets are %s, expected begin and end", name, offsets);
            }
            long begin = offsets.get(0);
            long end = offsets.get(1);
            if (end > fileSize - dataStart) {
                throw error(
                        "tensor '%s': data_offsets %s pass the end of the file, which has %d bytes"
                                + " of data",
                        name, offsets, fileSize - dataStart);
            }
            if (end - begin != bytes) {
                throw error(
                        "tensor '%s': data_offsets %s span %d bytes, shape %s of dtype %s takes %d",
                        name, offsets, end - begin, shape, type.name(), bytes);
            }
            tensors.add(new TensorInfo(name, type, shape, file, dataStart + begin, bytes));
        }

        private void requireNoHoles() {
            TensorStore.requireDisjoint(file, tensors);
            long end = dataStart;
            for (TensorInfo tensor : tensors) {
                if (tensor.offset() > end) {
                    throw error(
                            "hole of %d bytes before tensor '%s' at offset %d",
                            tensor.offset() - end, tensor.name(), tensor.offset());
                }
                end = Math.max(end, tensor.offset() + tensor.byteLength());
            }
            if (end != fileSize) {
                throw error(
                        "%d bytes after the last tensor, which ends at offset %d",
                        fileSize - end, end);
            }
        }

        private void expect(JsonToken found, JsonToken expected, String what) {
            if (found != expected) {
                throw error("%s: found %s, expected %s", what, found, expected);
            }
        }

        private DataException error(String format, Object... arguments) {
            return new DataException(file + ": " + String.format(format, arguments));
        }
    }
}
