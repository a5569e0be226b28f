package dev.lathe.checkpoint;

import static dev.lathe.checkpoint.WriterFiles.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.DataException;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufRoundTripTest {
    @TempDir Path folder;

    private static List<TensorSpec> tensors() {
        List<TensorSpec> tensors = new ArrayList<>(WriterFiles.mixed());
        tensors.add(spec("blocks", DType.of("Q4_K"), 2, 512));
        tensors.add(spec("other_blocks", DType.of("Q4_0"), 3, 32));
        return tensors;
    }

    /** A value of each of the thirteen types, arrays of each, and the extremes of the integers. */
    private static GgufMetadata everyType() {
        GgufMetadata.Builder metadata = GgufMetadata.builder();
        long[][] extremes = {
            {0, 0xFF},
            {-128, 127},
            {0, 0xFFFF},
            {-32768, 32767},
            {0, 0xFFFFFFFFL},
            {Integer.MIN_VALUE, Integer.MAX_VALUE},
            {0, -1},
            {Long.MIN_VALUE, Long.MAX_VALUE}
        };
        GgufType[] whole = {
            GgufType.UINT8, GgufType.INT8, GgufType.UINT16, GgufType.INT16,
            GgufType.UINT32, GgufType.INT32, GgufType.UINT64, GgufType.INT64
        };
        for (int i = 0; i < whole.length; i++) {
            String name = whole[i].name().toLowerCase(Locale.ROOT);
            metadata.put("least." + name, new GgufValue.WholeNumber(whole[i], extremes[i][0]));
            metadata.put("most." + name, new GgufValue.WholeNumber(whole[i], extremes[i][1]));
            byte[] bytes = new byte[3 * whole[i].bytes()];
            new Random(i).nextBytes(bytes);
            metadata.put("array." + name, new GgufArray.Numbers(whole[i], bytes));
        }
        metadata.putFloat32("float32", 1e-5f);
        metadata.put("float64", new GgufValue.Float64(Math.PI));
        metadata.put("nan", new GgufValue.Float32(Float.intBitsToFloat(0x7FC12345)));
        metadata.putFlag("yes", true).putFlag("no", false);
        metadata.putString("text", "ä€😀\nline").putString("empty", "");
        metadata.putStrings("texts", List.of("", "Ġthe", "日本"));
        metadata.putStrings("no_texts", List.of());
        metadata.putInt32s("int32s", 3, -1).putFloat32s("float32s", 0.5f, -0f);
        metadata.put("flags", new GgufArray.Numbers(GgufType.BOOL, new byte[] {1, 0, 1}));
        metadata.put("float64s", new GgufArray.Numbers(GgufType.FLOAT64, new byte[16]));
        return metadata.build();
    }

    private Path write(String name, GgufMetadata metadata, List<TensorSpec> tensors) {
        Path path = folder.resolve(name);
        try (GgufWriter writer =
                GgufWriter.create(path, metadata, tensors, WriteOptions.defaults())) {
            WriterFiles.writeAll(writer);
            writer.finish();
        }
        return path;
    }

    @Test
    void everyMetadataTypeComesBackAsWritten() throws IOException {
        GgufMetadata nested =
                everyType().toBuilder()
                        .put(
                                "nested",
                                new GgufArray.Nested(
                                        List.of(
                                                GgufArray.Numbers.ofInt32(1, 2),
                                                new GgufArray.Nested(List.of()),
                                                GgufArray.Texts.of(List.of("x")))))
                        .build();
        Path first = write("first.gguf", nested, tensors());
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(first)) {
            assertEquals(nested, checkpoint.metadata());
            assertEquals(List.of("", "Ġthe", "日本"), checkpoint.metadata().strings("texts"));
            assertEquals(1e-5f, (float) checkpoint.metadata().real("float32"));
            Path second = write("second.gguf", checkpoint.metadata(), tensors());
            assertArrayEquals(Files.readAllBytes(first), Files.readAllBytes(second));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 32, 64, 4096})
    void tensorsComeBackAtEveryAlignment(int alignment) {
        GgufMetadata metadata =
                GgufMetadata.builder().putUint32("general.alignment", alignment).build();
        Path path = write("aligned.gguf", metadata, tensors());
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(path)) {
            List<TensorInfo> found = checkpoint.tensors();
            assertEquals(tensors(), sameOrder(found.stream().map(TensorSpec::of).toList()));
            for (TensorInfo tensor : found) {
                assertEquals(0, tensor.offset() % alignment);
                assertArrayEquals(
                        WriterFiles.bytes(tensor), TensorValues.bytes(checkpoint, tensor));
            }
        }
    }

    /** An empty tensor shares its offset with the one after it, so that either may come first. */
    private static List<TensorSpec> sameOrder(List<TensorSpec> found) {
        List<TensorSpec> expected = tensors();
        List<TensorSpec> sorted = new ArrayList<>(found);
        sorted.sort(Comparator.comparingInt(expected::indexOf));
        return sorted;
    }

    @Test
    void partsOfATensorAreReadAndBoundsKept() {
        Path path = write("parts.gguf", everyType(), tensors());
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(path)) {
            TensorInfo matrix = checkpoint.tensor("matrix");
            assertEquals(List.of(3L, 5L), matrix.shape());
            assertEquals(3, matrix.rows());
            assertEquals(20, matrix.rowBytes());
            ByteBuffer row = ByteBuffer.allocateDirect(20);
            checkpoint.read(matrix, 20, row);
            byte[] found = new byte[20];
            row.flip().get(found);
            byte[] all = WriterFiles.bytes(matrix);
            assertArrayEquals(Arrays.copyOfRange(all, 20, 40), found);
            ByteBuffer room = ByteBuffer.allocate(21);
            assertThrows(IllegalArgumentException.class, () -> checkpoint.read(matrix, 40, room));
            assertThrows(IllegalArgumentException.class, () -> checkpoint.read(matrix, -1, room));
            DataException missing =
                    assertThrows(DataException.class, () -> checkpoint.tensor("absent"));
            assertTrue(missing.getMessage().contains("'absent'"), missing.getMessage());
            assertTrue(missing.getMessage().contains(path.toString()), missing.getMessage());
        }
    }

    @Test
    void wrongTypeOfAValueNamesBothTypes() {
        GgufMetadata metadata = everyType();
        for (Runnable wrong :
                List.<Runnable>of(
                        () -> metadata.string("yes"),
                        () -> metadata.integer("text"),
                        () -> metadata.strings("int32s"),
                        () -> metadata.integer("most.uint64"),
                        () -> metadata.findFlag("float32"),
                        () -> metadata.findNumbers("texts"))) {
            DataException failure = assertThrows(DataException.class, wrong::run);
            assertTrue(failure.getMessage().contains("metadata key '"), failure.getMessage());
        }
        DataException missing = assertThrows(DataException.class, () -> metadata.real("absent"));
        assertTrue(missing.getMessage().contains("'absent' is missing"), missing.getMessage());
    }

    @Test
    void splitIsReadAsOneModel() throws IOException {
        int uint16 = 2;
        for (int part = 0; part < 2; part++) {
            RawGguf raw =
                    RawGguf.begin(1, 4)
                            .string("split.no")
                            .int32(uint16)
                            .raw((byte) part, (byte) 0)
                            .string("split.count")
                            .int32(uint16)
                            .raw((byte) 2, (byte) 0)
                            .string("split.tensors.count")
                            .int32(5)
                            .int32(2)
                            .stringKey("general.name", "part " + part)
                            .tensor("tensor." + part, 0, 0, 8)
                            .align(32)
                            .zeros(31)
                            .int8(part + 1);
            String name = String.format("m-%05d-of-00002.gguf", part + 1);
            Files.write(folder.resolve(name), raw.toByteArray());
        }
        try (GgufCheckpoint checkpoint =
                GgufCheckpoint.open(folder.resolve("m-00001-of-00002.gguf"))) {
            assertEquals(2, checkpoint.tensors().size());
            assertEquals("part 0", checkpoint.metadata().string("general.name"));
            assertEquals(Set.of("general.name"), checkpoint.metadata().keys());
            assertEquals(2, TensorValues.bytes(checkpoint, checkpoint.tensor("tensor.1"))[31]);
        }
    }

    @Test
    void referenceReaderFindsTheSame() throws IOException, InterruptedException {
        Path path = write("reference.gguf", everyType(), tensors());
        String printed =
                Python.run(
                        "gguf",
                        folder,
                        """
                        import gguf, json, sys
                        reader = gguf.GGUFReader(sys.argv[1])
                        fields = {k: f.contents() for k, f in reader.fields.items() if k != "nan"}
                        types = {k: [int(t) for t in f.types] for k, f in reader.fields.items()}
                        tensors = [[t.name, t.tensor_type.name, [int(n) for n in t.shape],
                                    t.data.tobytes().hex()] for t in reader.tensors]
                        print(json.dumps({"fields": fields, "types": types, "tensors": tensors}))
                        """,
                        path);
        JsonNode found = new ObjectMapper().readTree(printed);
        GgufMetadata metadata = everyType();
        for (String key : metadata.keys()) {
            GgufValue value = metadata.find(key).orElseThrow();
            JsonNode types = found.get("types").get(key);
            assertEquals(value.type().ordinal(), types.get(0).intValue(), key);
            if (value instanceof GgufArray array && array.size() > 0) {
                assertEquals(array.elementType().ordinal(), types.get(1).intValue(), key);
            }
            if (!key.equals("nan")) {
                assertSame(key, value, found.get("fields").get(key));
            }
        }
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(path)) {
            assertEquals(checkpoint.tensors().size(), found.get("tensors").size());
            for (JsonNode tensor : found.get("tensors")) {
                TensorInfo expected = checkpoint.tensor(tensor.get(0).textValue());
                assertEquals(expected.type().name(), tensor.get(1).textValue());
                List<Long> sizes = new ArrayList<>();
                tensor.get(2).forEach(size -> sizes.add(0, size.longValue()));
                assertEquals(expected.shape(), sizes);
                String hex = HexFormat.of().formatHex(WriterFiles.bytes(expected));
                assertEquals(hex, tensor.get(3).textValue(), expected.name());
            }
        }
    }

    private static void assertSame(String key, GgufValue expected, JsonNode found) {
        if (expected instanceof GgufArray.Texts texts) {
            List<String> strings = new ArrayList<>();
            found.forEach(element -> strings.add(element.textValue()));
            assertEquals(texts.values(), strings, key);
        } else if (expected instanceof GgufArray.Numbers numbers) {
            assertEquals(numbers.size(), found.size(), key);
            for (int i = 0; i < numbers.size(); i++) {
                boolean flag = found.get(i).isBoolean();
                double number =
                        flag ? (found.get(i).booleanValue() ? 1 : 0) : found.get(i).doubleValue();
                double stated = numbers.doubleAt(i);
                boolean unsigned = numbers.elementType() == GgufType.UINT64 && stated < 0;
                assertEquals(unsigned ? stated + 0x1p64 : stated, number, key);
            }
        } else if (expected instanceof GgufValue.Float32 number) {
            assertEquals(number.value(), (float) found.doubleValue(), key);
        } else {
            assertEquals(expected.toString(), found.asText(), key);
        }
    }
}
