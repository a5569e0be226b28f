package dev.lathe.checkpoint;

import static dev.lathe.checkpoint.WriterFiles.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsRoundTripTest {
    @TempDir Path temporary;

    private static final Map<String, byte[]> SIDE_FILES =
            Map.of(
                    "config.json", "{}".getBytes(StandardCharsets.UTF_8),
                    "tokenizer.json", "{\"a\": 1}".getBytes(StandardCharsets.UTF_8));

    private static List<TensorSpec> tensors() {
        List<TensorSpec> tensors = new ArrayList<>(WriterFiles.mixed());
        for (String type : List.of("F64", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "BOOL")) {
            tensors.add(spec("of." + type, DType.of(type), 3));
        }
        return tensors;
    }

    private Path write(String name, long maximumShardBytes) {
        Path folder = temporary.resolve(name);
        WriteOptions options = WriteOptions.defaults().withMaximumShardBytes(maximumShardBytes);
        try (SafetensorsWriter writer =
                SafetensorsWriter.create(folder, tensors(), SIDE_FILES, options)) {
            WriterFiles.writeAll(writer);
            writer.finish();
        }
        return folder;
    }

    private static void assertHoldsAll(Path folder) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals(Format.SAFETENSORS, checkpoint.format());
            assertEquals(
                    new HashSet<>(tensors()),
                    new HashSet<>(checkpoint.tensors().stream().map(TensorSpec::of).toList()));
            for (TensorInfo tensor : checkpoint.tensors()) {
                assertArrayEquals(
                        WriterFiles.bytes(tensor),
                        TensorValues.bytes(checkpoint, tensor),
                        tensor.name());
                // Readers hand out views, which must start at a multiple of the element's size.
                assertEquals(0, tensor.offset() % tensor.type().blockBytes(), tensor.name());
            }
        }
    }

    @Test
    void oneFileComesBack() throws IOException {
        Path folder = write("single", Long.MAX_VALUE);
        assertHoldsAll(folder);
        assertEquals(Set.of("config.json", "tokenizer.json", "model.safetensors"), names(folder));
        assertEquals("{\"a\": 1}", Files.readString(folder.resolve("tokenizer.json")));
        try (SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.openFolder(folder)) {
            assertEquals(Map.of("format", "pt"), checkpoint.metadata());
            assertEquals(Set.of("tokenizer.json"), checkpoint.sideFiles().keySet());
        }
        try (Checkpoint file = Checkpoint.open(folder.resolve("model.safetensors"))) {
            assertEquals(tensors().size(), file.tensors().size());
        }
    }

    @Test
    void shardsComeBackAndKeepTheBound() throws IOException {
        Path folder = write("sharded", 50);
        assertHoldsAll(folder);
        Path index = folder.resolve("model.safetensors.index.json");
        JsonNode json = new ObjectMapper().readTree(index.toFile());
        long total = tensors().stream().mapToLong(TensorSpec::byteLength).sum();
        assertEquals(total, json.get("metadata").get("total_size").longValue());
        Set<String> files = new TreeSet<>();
        json.get("weight_map").forEach(file -> files.add(file.textValue()));
        assertTrue(files.size() > 3, files.toString());
        assertTrue(files.contains(String.format("model-00001-of-%05d.safetensors", files.size())));
        for (String file : files) {
            try (Checkpoint shard = Checkpoint.open(folder.resolve(file))) {
                long bytes = shard.tensors().stream().mapToLong(TensorInfo::byteLength).sum();
                assertTrue(bytes <= 50 || shard.tensors().size() == 1, file + ": " + bytes);
            }
        }
        try (Checkpoint indexed = Checkpoint.open(index)) {
            assertEquals(tensors().size(), indexed.tensors().size());
        }
    }

    @Test
    void severalThreadsReadAtOnce() {
        Path folder = write("threads", 50);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            IntStream.range(0, 2000)
                    .parallel()
                    .forEach(
                            i -> {
                                int index = i % checkpoint.tensors().size();
                                TensorInfo tensor = checkpoint.tensors().get(index);
                                assertArrayEquals(
                                        WriterFiles.bytes(tensor),
                                        TensorValues.bytes(checkpoint, tensor));
                            });
        }
    }

    @Test
    void sameTensorsGiveSameBytes() throws IOException {
        Path first = write("first", 50);
        Path second = write("second", 50);
        assertEquals(names(first), names(second));
        for (String name : names(first)) {
            assertArrayEquals(
                    Files.readAllBytes(first.resolve(name)),
                    Files.readAllBytes(second.resolve(name)),
                    name);
        }
    }

    @Test
    void whatSafetensorsCannotHoldIsRefused() {
        Path folder = temporary.resolve("refused");
        WriteOptions options = WriteOptions.defaults();
        for (List<TensorSpec> tensors :
                List.of(
                        List.of(spec("blocks", DType.of("Q4_K"), 256)),
                        List.of(spec("twice", DType.F32, 1), spec("twice", DType.F32, 1)),
                        List.of(spec("__metadata__", DType.F32, 1)))) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> SafetensorsWriter.create(folder, tensors, SIDE_FILES, options));
        }
        for (String name : List.of("../out", "a/b", "..")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () ->
                            SafetensorsWriter.create(
                                    folder, tensors(), Map.of(name, new byte[1]), options));
        }
        assertFalse(Files.exists(folder));
        assertFalse(Files.exists(temporary.resolve("refused.partial")));
    }

    @Test
    void referenceReaderFindsTheSame() throws IOException, InterruptedException {
        Path folder = write("reference", 50);
        String printed =
                Python.run(
                        "safetensors,torch",
                        temporary,
                        """
import json, pathlib, sys, torch
from safetensors import safe_open
from safetensors.torch import load_file
found = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.safetensors")):
    with safe_open(file, "pt") as handle:
        assert handle.metadata() == {"format": "pt"}
    for name, tensor in load_file(file).items():
        import torch
        raw = tensor.contiguous().flatten().view(torch.uint8) if tensor.dim() \
            else tensor.reshape(1).view(torch.uint8)
        if tensor.dtype != torch.bool:
            found[name] = [list(tensor.shape), bytes(raw.tolist()).hex()]
print(json.dumps(found))
""",
                        folder);
        JsonNode found = new ObjectMapper().readTree(printed);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            // A byte other than 0 and 1 is no truth value to PyTorch, so that one tensor is left
            // out.
            assertEquals(checkpoint.tensors().size() - 1, found.size());
            for (TensorInfo tensor : checkpoint.tensors()) {
                if (!tensor.type().name().equals("BOOL")) {
                    JsonNode other = found.get(tensor.name());
                    assertEquals(
                            tensor.shape().toString(), other.get(0).toString().replace(",", ", "));
                    assertEquals(
                            HexFormat.of().formatHex(WriterFiles.bytes(tensor)),
                            other.get(1).textValue(),
                            tensor.name());
                }
            }
        }
    }

    private static Set<String> names(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return new TreeSet<>(entries.map(entry -> entry.getFileName().toString()).toList());
        }
    }
}
