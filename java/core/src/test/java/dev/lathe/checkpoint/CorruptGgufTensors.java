package dev.lathe.checkpoint;

import static dev.lathe.checkpoint.CorruptFiles.data;
import static dev.lathe.checkpoint.CorruptFiles.usage;
import static dev.lathe.checkpoint.CorruptGgufHeaders.file;

import java.util.List;
import java.util.stream.Stream;

/** GGUF files whose tensors, or the description of the model, are broken. */
final class CorruptGgufTensors {
    private static final int F32 = 0;
    private static final int Q4_0 = 2;

    private CorruptGgufTensors() {}

    static List<CorruptFiles.Case> cases() {
        return Stream.of(entries(), places(), description()).flatMap(List::stream).toList();
    }

    private static List<CorruptFiles.Case> entries() {
        return List.of(
                data(
                        "truncated among the tensors",
                        file(RawGguf.begin(1, 0).string("weight").int32(2).int64(4).int32(0)),
                        "'weight'",
                        "truncated"),
                data(
                        "tensor name longer than the file",
                        file(RawGguf.begin(1, 0).int64(5000).zeros(30)),
                        "tensor 0",
                        "5000"),
                data(
                        "duplicate tensor",
                        file(
                                RawGguf.begin(2, 0)
                                        .tensor("weight", F32, 0, 8)
                                        .tensor("weight", F32, 32, 8)
                                        .align(32)
                                        .zeros(64)),
                        "duplicate",
                        "'weight'"),
                data(
                        "five dimensions",
                        one(RawGguf.begin(1, 0).tensor("weight", F32, 0, 1, 1, 1, 1, 8)),
                        "'weight'",
                        "5 dimensions"),
                data(
                        "negative size",
                        one(RawGguf.begin(1, 0).tensor("weight", F32, 0, 8, -1)),
                        "'weight'",
                        "negative"),
                data(
                        "sizes that overflow",
                        one(RawGguf.begin(1, 0).tensor("weight", F32, 0, 1L << 40, 1L << 40)),
                        "'weight'",
                        "overflows"),
                data(
                        "overflow hidden by a zero",
                        one(RawGguf.begin(1, 0).tensor("weight", F32, 0, 1L << 40, 1L << 40, 0)),
                        "'weight'",
                        "overflows"),
                data(
                        "unknown tensor type",
                        one(RawGguf.begin(1, 0).tensor("weight", 99, 0, 8)),
                        "'weight'",
                        "unknown type 99"),
                data(
                        "type that only safetensors has",
                        one(RawGguf.begin(1, 0).tensor("weight", 1000, 0, 8)),
                        "'weight'",
                        "unknown type 1000"),
                data(
                        "row that is not whole blocks",
                        one(RawGguf.begin(1, 0).tensor("weight", Q4_0, 0, 40)),
                        "'weight'",
                        "40",
                        "Q4_0"));
    }

    private static List<CorruptFiles.Case> places() {
        return List.of(
                data(
                        "offset that is not aligned",
                        one(RawGguf.begin(1, 0).tensor("weight", F32, 4, 8)),
                        "'weight'",
                        "alignment 32"),
                data(
                        "offset that overflows",
                        one(RawGguf.begin(1, 0).tensor("weight", F32, Long.MIN_VALUE, 8)),
                        "'weight'",
                        "9223372036854775808"),
                data(
                        "offset past the end",
                        one(RawGguf.begin(1, 0).tensor("weight", F32, 1L << 50, 8)),
                        "'weight'",
                        "passes the end"),
                data(
                        "end that overflows",
                        one(RawGguf.begin(1, 0).tensor("weight", F32, 0x7FFFFFFFFFFFFFE0L, 8)),
                        "'weight'",
                        "passes the end"),
                data(
                        "truncated data",
                        file(RawGguf.begin(1, 0).tensor("weight", F32, 0, 8).align(32).zeros(31)),
                        "'weight'",
                        "passes the end"),
                data(
                        "truncated before the data",
                        file(RawGguf.begin(1, 0).tensor("weight", F32, 0, 8)),
                        "'weight'",
                        "passes the end"),
                data(
                        "overlapping tensors",
                        file(
                                RawGguf.begin(2, 0)
                                        .tensor("first", F32, 0, 16)
                                        .tensor("second", F32, 32, 8)
                                        .align(32)
                                        .zeros(96)),
                        "'first'",
                        "'second'",
                        "overlap"));
    }

    private static List<CorruptFiles.Case> description() {
        return List.of(
                data(
                        "unknown tensor",
                        model(8, 2, 4, "blk.0.mystery.weight"),
                        "'blk.0.mystery.weight'"),
                data(
                        "tensor of a block that is not there",
                        model(8, 2, 4, "blk.3.attn_q.weight"),
                        "'blk.3.attn_q.weight'",
                        "block 3"),
                data(
                        "heads that no number of key heads divides",
                        model(9, 2, 4, "output.weight"),
                        "9 heads",
                        "2 key and value heads"),
                data(
                        "rotary size larger than the head",
                        model(8, 2, 66, "output.weight"),
                        "rotary size 66",
                        "head size 9"),
                usage(
                        "rope scaling that is not known",
                        file(
                                description(10, 8, 2, 4)
                                        .stringKey("llama.rope.scaling.type", "yarn")
                                        .tensor("token_embd.weight", F32, 0, 72, 4)
                                        .tensor("output.weight", F32, 1152, 72, 4)
                                        .align(32)
                                        .zeros(2304)),
                        "'yarn'"));
    }

    private static CorruptFiles.FileBuilder one(RawGguf header) {
        return file(header.align(32).zeros(64));
    }

    private static RawGguf description(int keys, int heads, int kvHeads, int rotarySize) {
        int float32 = 6;
        return RawGguf.begin(2, keys)
                .stringKey("general.architecture", "llama")
                .uint32Key("llama.embedding_length", 72)
                .uint32Key("llama.feed_forward_length", 16)
                .uint32Key("llama.block_count", 1)
                .uint32Key("llama.context_length", 128)
                .uint32Key("llama.attention.head_count", heads)
                .uint32Key("llama.attention.head_count_kv", kvHeads)
                .uint32Key("llama.rope.dimension_count", rotarySize)
                .string("llama.attention.layer_norm_rms_epsilon")
                .int32(float32)
                .int32(Float.floatToIntBits(1e-5f));
    }

    /** A file whose structure is right; of the model's tensors only two are there. */
    private static CorruptFiles.FileBuilder model(
            int heads, int kvHeads, int rotarySize, String tensor) {
        return file(
                description(9, heads, kvHeads, rotarySize)
                        .tensor("token_embd.weight", F32, 0, 72, 4)
                        .tensor(tensor, F32, 1152, 72, 4)
                        .align(32)
                        .zeros(2304));
    }
}
