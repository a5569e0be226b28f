package dev.lathe.checkpoint;

import static dev.lathe.checkpoint.CorruptFiles.data;
import static dev.lathe.checkpoint.CorruptFiles.usage;

import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/** GGUF files that are broken before their tensors. */
final class CorruptGgufHeaders {
    private CorruptGgufHeaders() {}

    static List<CorruptFiles.Case> cases() {
        return Stream.of(start(), keys(), values(), description()).flatMap(List::stream).toList();
    }

    private static List<CorruptFiles.Case> start() {
        return List.of(
                data("empty file", file(new RawGguf()), "wrong magic"),
                data(
                        "wrong magic",
                        file(new RawGguf().text("GGML").int32(3).zeros(64)),
                        "wrong magic"),
                data("magic alone", file(new RawGguf().text("GGUF")), "truncated", "version"),
                data("version 1", file(new RawGguf().text("GGUF").int32(1).zeros(64)), "version 1"),
                data("version 4", file(new RawGguf().text("GGUF").int32(4).zeros(64)), "version 4"),
                data(
                        "big-endian file",
                        file(
                                new RawGguf()
                                        .text("GGUF")
                                        .raw((byte) 0, (byte) 0, (byte) 0, (byte) 3)),
                        "big-endian"),
                data(
                        "truncated in the counts",
                        file(new RawGguf().text("GGUF").int32(3).int64(0).int32(0)),
                        "truncated",
                        "number of metadata keys"),
                data(
                        "huge number of tensors",
                        file(RawGguf.begin(1L << 40, 0).zeros(64)),
                        "number of tensors",
                        "1099511627776"),
                data(
                        "number of keys that overflows",
                        file(RawGguf.begin(0, -1).zeros(64)),
                        "number of metadata keys",
                        "18446744073709551615"));
    }

    private static List<CorruptFiles.Case> keys() {
        return List.of(
                data(
                        "key longer than the file",
                        file(RawGguf.begin(0, 1).int64(1000).text("general").zeros(20)),
                        "metadata key 0",
                        "1000"),
                data(
                        "length of a key that overflows",
                        file(RawGguf.begin(0, 1).int64(Long.MIN_VALUE).zeros(64)),
                        "metadata key 0",
                        "9223372036854775808"),
                data("empty key", file(RawGguf.begin(0, 1).string("").zeros(64)), "metadata key 0"),
                data(
                        "key that is not UTF-8",
                        file(RawGguf.begin(0, 1).int64(2).raw((byte) 0xC3, (byte) 0x28).zeros(64)),
                        "metadata key 0",
                        "UTF-8"),
                data(
                        "duplicate key",
                        file(RawGguf.begin(0, 2).uint32Key("a", 1).uint32Key("a", 1)),
                        "duplicate",
                        "'a'"));
    }

    private static List<CorruptFiles.Case> values() {
        return List.of(
                data(
                        "unknown type of a value",
                        file(RawGguf.begin(0, 1).string("a").int32(13).zeros(64)),
                        "'a'",
                        "unknown type 13"),
                data(
                        "string longer than the file",
                        file(RawGguf.begin(0, 1).string("a").int32(RawGguf.STRING).int64(1 << 30)),
                        "'a'",
                        "1073741824"),
                data(
                        "array with more elements than the file",
                        file(array(UINT64).int64(1L << 61).zeros(64)),
                        "'a'",
                        "2305843009213693952"),
                data(
                        "array of an unknown type",
                        file(array(99).int64(0).zeros(64)),
                        "'a'",
                        "unknown type 99"),
                data("arrays nested too deep", file(nested(20)), "'a'", "nested"),
                data(
                        "string in an array that passes the end",
                        file(array(RawGguf.STRING).int64(2).string("x").int64(50).zeros(8)),
                        "'a'",
                        "50"),
                data(
                        "truth value 2",
                        file(RawGguf.begin(0, 1).string("a").int32(RawGguf.BOOL).int8(2)),
                        "'a'",
                        "truth value 2"),
                data(
                        "truncated in a value",
                        file(RawGguf.begin(0, 1).string("ab").int32(RawGguf.UINT32).int8(0)),
                        "'ab'",
                        "truncated"),
                data(
                        "alignment 24",
                        file(RawGguf.begin(0, 1).uint32Key("general.alignment", 24)),
                        "general.alignment",
                        "24"),
                data(
                        "alignment as a string",
                        file(RawGguf.begin(0, 1).stringKey("general.alignment", "32")),
                        "general.alignment",
                        "STRING"));
    }

    private static List<CorruptFiles.Case> description() {
        return List.of(
                data(
                        "no architecture",
                        file(RawGguf.begin(0, 0).align(32)),
                        "general.architecture"),
                data(
                        "architecture that is a number",
                        file(RawGguf.begin(0, 1).uint32Key("general.architecture", 7)),
                        "general.architecture",
                        "STRING"),
                usage(
                        "unknown architecture",
                        file(RawGguf.begin(0, 1).stringKey("general.architecture", "rwkv7")),
                        "'rwkv7'",
                        "llama, qwen2, qwen3"),
                data(
                        "missing width",
                        file(RawGguf.begin(0, 1).stringKey("general.architecture", "llama")),
                        "llama.embedding_length",
                        "missing"),
                data(
                        "first part of a split without the second",
                        split("model-00001-of-00002.gguf", 0),
                        "part 2 of 2",
                        "model-00002-of-00002.gguf"),
                usage(
                        "second part of a split",
                        split("model-00002-of-00002.gguf", 1),
                        "model-00001-of-00002.gguf"),
                data("part of a split with another name", split("part.gguf", 0), "split of 2"));
    }

    private static final int UINT64 = 10;

    private static RawGguf array(int elementType) {
        return RawGguf.begin(0, 1).string("a").int32(RawGguf.ARRAY).int32(elementType);
    }

    private static RawGguf nested(int depth) {
        RawGguf file = RawGguf.begin(0, 1).string("a").int32(RawGguf.ARRAY);
        for (int i = 0; i < depth; i++) {
            file.int32(RawGguf.ARRAY).int64(1);
        }
        return file.int32(RawGguf.UINT32).int64(0);
    }

    private static CorruptFiles.FileBuilder split(String name, int index) {
        int uint16 = 2;
        byte[] bytes =
                RawGguf.begin(0, 2)
                        .string("split.no")
                        .int32(uint16)
                        .raw((byte) index, (byte) 0)
                        .string("split.count")
                        .int32(uint16)
                        .raw((byte) 2, (byte) 0)
                        .align(32)
                        .toByteArray();
        return folder -> Files.write(folder.resolve(name), bytes);
    }

    static CorruptFiles.FileBuilder file(RawGguf content) {
        byte[] bytes = content.toByteArray();
        return folder -> Files.write(folder.resolve("broken.gguf"), bytes);
    }
}
