package dev.lathe.checkpoint;

import dev.lathe.device.DType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * GGUF files with a true header and no weights: the file has its full length and takes no space on
 * the disk. Matrices are F16, vectors F32.
 */
public final class HeaderOnlyGguf {
    private static final int ALIGNMENT = 32;

    private final String architecture;
    private final Map<String, Integer> numbers = new LinkedHashMap<>();
    private final Map<String, long[]> tensors = new LinkedHashMap<>();

    private HeaderOnlyGguf(String architecture) {
        this.architecture = architecture;
    }

    /** A model of the Llama kind: Llama, Qwen2 or Qwen3. */
    public static HeaderOnlyGguf decoder(
            String architecture,
            int layers,
            int hidden,
            int intermediate,
            int heads,
            int keyHeads,
            int vocabulary,
            boolean tied) {
        HeaderOnlyGguf file = new HeaderOnlyGguf(architecture);
        file.sizes(layers, hidden, intermediate, heads, keyHeads, vocabulary);
        long head = hidden / heads;
        for (int layer = 0; layer < layers; layer++) {
            String block = "blk." + layer + ".";
            file.tensor(block + "attn_norm.weight", hidden);
            file.tensor(block + "ffn_norm.weight", hidden);
            if (architecture.equals("qwen3")) {
                file.tensor(block + "attn_q_norm.weight", head);
                file.tensor(block + "attn_k_norm.weight", head);
            }
            file.tensor(block + "attn_q.weight", hidden, hidden);
            file.tensor(block + "attn_k.weight", keyHeads * head, hidden);
            file.tensor(block + "attn_v.weight", keyHeads * head, hidden);
            file.tensor(block + "attn_output.weight", hidden, hidden);
            file.tensor(block + "ffn_gate.weight", intermediate, hidden);
            file.tensor(block + "ffn_up.weight", intermediate, hidden);
            file.tensor(block + "ffn_down.weight", hidden, intermediate);
        }
        return file.outer(hidden, vocabulary, tied);
    }

    /** DeepSeek-R1 as its config.json has it, in the tensors that llama.cpp's converter writes. */
    public static HeaderOnlyGguf deepSeekR1() {
        return deepSeek(61, 3, 7168, 18432, 256, 2048, 129280, 128);
    }

    /** A model of DeepSeek-V3's kind: latent attention, experts after dense blocks. */
    public static HeaderOnlyGguf deepSeek(
            int layers,
            int denseLayers,
            int hidden,
            int intermediate,
            int experts,
            int expertWidth,
            int vocabulary,
            int heads) {
        HeaderOnlyGguf file = new HeaderOnlyGguf("deepseek2");
        file.sizes(layers, hidden, intermediate, heads, 1, vocabulary);
        file.number("leading_dense_block_count", denseLayers);
        file.number("attention.q_lora_rank", 1536);
        file.number("attention.kv_lora_rank", 512);
        file.number("attention.key_length", 576);
        file.number("attention.value_length", 512);
        file.number("attention.key_length_mla", 192);
        file.number("attention.value_length_mla", 128);
        file.number("rope.dimension_count", 64);
        file.number("expert_count", experts);
        file.number("expert_used_count", 8);
        file.number("expert_shared_count", 1);
        file.number("expert_feed_forward_length", expertWidth);
        for (int layer = 0; layer < layers; layer++) {
            String block = "blk." + layer + ".";
            file.tensor(block + "attn_norm.weight", hidden);
            file.tensor(block + "ffn_norm.weight", hidden);
            file.tensor(block + "attn_q_a.weight", 1536, hidden);
            file.tensor(block + "attn_q_a_norm.weight", 1536);
            file.tensor(block + "attn_q_b.weight", heads * 192L, 1536);
            file.tensor(block + "attn_kv_a_mqa.weight", 576, hidden);
            file.tensor(block + "attn_kv_a_norm.weight", 512);
            file.tensor(block + "attn_k_b.weight", heads, 512, 128);
            file.tensor(block + "attn_v_b.weight", heads, 128, 512);
            file.tensor(block + "attn_output.weight", hidden, heads * 128L);
            if (layer < denseLayers) {
                file.tensor(block + "ffn_gate.weight", intermediate, hidden);
                file.tensor(block + "ffn_up.weight", intermediate, hidden);
                file.tensor(block + "ffn_down.weight", hidden, intermediate);
                continue;
            }
            file.tensor(block + "ffn_gate_inp.weight", experts, hidden);
            file.tensor(block + "exp_probs_b.bias", experts);
            file.tensor(block + "ffn_gate_exps.weight", experts, expertWidth, hidden);
            file.tensor(block + "ffn_up_exps.weight", experts, expertWidth, hidden);
            file.tensor(block + "ffn_down_exps.weight", experts, hidden, expertWidth);
            file.tensor(block + "ffn_gate_shexp.weight", expertWidth, hidden);
            file.tensor(block + "ffn_up_shexp.weight", expertWidth, hidden);
            file.tensor(block + "ffn_down_shexp.weight", hidden, expertWidth);
        }
        return file.outer(hidden, vocabulary, false);
    }

    private void sizes(
            int layers, int hidden, int intermediate, int heads, int keyHeads, int vocabulary) {
        number("block_count", layers);
        number("context_length", 4096);
        number("embedding_length", hidden);
        number("feed_forward_length", intermediate);
        number("attention.head_count", heads);
        number("attention.head_count_kv", keyHeads);
        number("vocab_size", vocabulary);
    }

    private void number(String key, int value) {
        numbers.put(architecture + "." + key, value);
    }

    private HeaderOnlyGguf outer(long hidden, long vocabulary, boolean tied) {
        tensor("token_embd.weight", vocabulary, hidden);
        tensor("output_norm.weight", hidden);
        if (!tied) {
            tensor("output.weight", vocabulary, hidden);
        }
        return this;
    }

    private void tensor(String name, long... shape) {
        tensors.put(name, shape);
    }

    /** Weights of all tensors. */
    public long weights() {
        return tensors.values().stream().mapToLong(HeaderOnlyGguf::product).sum();
    }

    private static long product(long[] shape) {
        long product = 1;
        for (long size : shape) {
            product *= size;
        }
        return product;
    }

    /** Writes the file. */
    public Path write(Path path) {
        RawGguf header = RawGguf.begin(tensors.size(), numbers.size() + 2L);
        header.stringKey("general.architecture", architecture);
        header.float32Key(architecture + ".attention.layer_norm_rms_epsilon", 1e-6f);
        numbers.forEach(header::uint32Key);
        long end = 0;
        for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
            long[] shape = tensor.getValue();
            DType type = shape.length == 1 ? DType.F32 : DType.F16;
            List<Long> inner = new ArrayList<>();
            for (long size : shape) {
                inner.add(0, size);
            }
            long[] sizes = inner.stream().mapToLong(Long::longValue).toArray();
            header.tensor(tensor.getKey(), type.id(), end, sizes);
            end += (type.bytes(product(shape)) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        byte[] bytes = header.align(ALIGNMENT).toByteArray();
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.write(bytes);
            file.setLength(bytes.length + end);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return path;
    }
}
