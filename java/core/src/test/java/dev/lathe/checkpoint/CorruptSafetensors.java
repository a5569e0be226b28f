package dev.lathe.checkpoint;

import static dev.lathe.checkpoint.CorruptFiles.data;
import static dev.lathe.checkpoint.RawSafetensors.entry;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Safetensors files that are broken. */
final class CorruptSafetensors {
    private CorruptSafetensors() {}

    static List<CorruptFiles.Case> cases() {
        return Stream.of(headers(), entries(), places()).flatMap(List::stream).toList();
    }

    private static List<CorruptFiles.Case> headers() {
        return List.of(
                data(
                        "truncated in the length",
                        file(new byte[] {10, 0, 0, 0}),
                        "neither GGUF nor safetensors"),
                data(
                        "header length that overflows",
                        file(RawSafetensors.withLength(-1, "{}", 0)),
                        "length of the header",
                        "18446744073709551615"),
                data(
                        "header longer than the file",
                        file(RawSafetensors.withLength(1000, "{}", 0)),
                        "length of the header",
                        "1000"),
                data("header longer than 100 MB", CorruptSafetensors::hugeHeader, "100000001"),
                data(
                        "truncated header",
                        header("{" + entry("w", "F32", "[2]", "[0, 8]"), 8),
                        "no valid JSON"),
                data("header that is no JSON", header("{hello}", 0), "no valid JSON"),
                data("text after the header", header("{} {}", 0), "goes on"));
    }

    private static List<CorruptFiles.Case> entries() {
        return List.of(
                data(
                        "duplicate tensor",
                        tensors(
                                8,
                                entry("w", "F32", "[1]", "[0, 4]"),
                                entry("w", "F32", "[1]", "[4, 8]")),
                        "uplicate",
                        "'w'"),
                data("entry that is no object", header("{\"w\": 1}", 0), "'w'"),
                data(
                        "unknown dtype",
                        tensors(8, entry("w", "F4", "[2]", "[0, 8]")),
                        "'w'",
                        "unknown dtype 'F4'"),
                data(
                        "dtype of GGUF",
                        tensors(18, entry("w", "Q4_0", "[32]", "[0, 18]")),
                        "'w'",
                        "unknown dtype 'Q4_0'"),
                data(
                        "missing dtype",
                        header("{\"w\": {\"shape\": [2], \"data_offsets\": [0, 8]}}", 8),
                        "'w'",
                        "dtype"),
                data(
                        "unknown field",
                        header("{\"w\": {\"dtype\": \"F32\", \"strides\": [1]}}", 8),
                        "'w'",
                        "'strides'"),
                data(
                        "negative size",
                        tensors(8, entry("w", "F32", "[-2]", "[0, 8]")),
                        "'w'",
                        "shape",
                        "-2"),
                data(
                        "size that is no whole number",
                        tensors(8, entry("w", "F32", "[2.0]", "[0, 8]")),
                        "'w'",
                        "shape"),
                data(
                        "size past 64 bits",
                        tensors(8, entry("w", "F32", "[99999999999999999999]", "[0, 8]")),
                        "'w'",
                        "99999999999999999999"),
                data(
                        "size of ten thousand digits",
                        tensors(8, entry("w", "F32", "[" + "9".repeat(10_000) + "]", "[0, 8]")),
                        "header"),
                data(
                        "name with control characters",
                        tensors(8, entry("w\\u001b[2J\\n", "F32", "[2]", "[0, 8]")),
                        "control characters"),
                data(
                        "sizes that overflow",
                        tensors(8, entry("w", "F32", "[4294967296, 4294967296]", "[0, 8]")),
                        "'w'",
                        "overflows"));
    }

    private static List<CorruptFiles.Case> places() {
        return List.of(
                data(
                        "offsets in the wrong order",
                        tensors(8, entry("w", "F32", "[2]", "[8, 0]")),
                        "'w'",
                        "[8, 0]"),
                data("one offset", tensors(8, entry("w", "F32", "[2]", "[0]")), "'w'", "[0]"),
                data(
                        "offsets past the end",
                        tensors(8, entry("w", "F32", "[4]", "[0, 16]")),
                        "'w'",
                        "pass the end"),
                data(
                        "shape and offsets that disagree",
                        tensors(8, entry("w", "F32", "[3]", "[0, 8]")),
                        "'w'",
                        "span 8 bytes",
                        "takes 12"),
                data(
                        "overlapping tensors",
                        tensors(
                                12,
                                entry("v", "F32", "[2]", "[0, 8]"),
                                entry("w", "F32", "[2]", "[4, 12]")),
                        "'v'",
                        "'w'",
                        "overlap"),
                data(
                        "hole between tensors",
                        tensors(
                                16,
                                entry("v", "F32", "[1]", "[0, 4]"),
                                entry("w", "F32", "[2]", "[8, 16]")),
                        "hole of 4 bytes",
                        "'w'"),
                data(
                        "bytes after the last tensor",
                        tensors(9, entry("w", "F32", "[2]", "[0, 8]")),
                        "1 bytes after the last tensor"),
                data(
                        "metadata that are no strings",
                        header("{\"__metadata__\": {\"format\": 1}}", 0),
                        "__metadata__.format"));
    }

    private static CorruptFiles.FileBuilder file(byte[] bytes) {
        return folder -> Files.write(folder.resolve("broken.safetensors"), bytes);
    }

    private static CorruptFiles.FileBuilder header(String json, int dataBytes) {
        return file(RawSafetensors.of(json, dataBytes));
    }

    private static CorruptFiles.FileBuilder tensors(int dataBytes, String... entries) {
        return header("{" + String.join(", ", entries) + "}", dataBytes);
    }

    /** A sparse file: its length is stated and there, its bytes take no room. */
    private static Path hugeHeader(Path folder) throws IOException {
        Path path = folder.resolve("broken.safetensors");
        Files.write(path, RawSafetensors.withLength(100_000_001, "{", 0));
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(100_000_100);
        }
        return path;
    }
}
