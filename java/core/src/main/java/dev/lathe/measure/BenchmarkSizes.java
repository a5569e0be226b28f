package dev.lathe.measure;

import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.checkpoint.ModelFamily;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How much work a {@link Benchmark} does.
 *
 * @param gemm rows and columns of W in y = x Wᵀ
 * @param tokens rows of x, and tokens of a batch through a block
 * @param length tokens of a sequence
 * @param blocks shapes of blocks to send tokens through, by name; each has one block
 * @param layer rows and columns of the layer that SparseGPT prunes
 * @param codecRows rows of that many columns that each type encodes
 * @param repeats how often each is timed: times are the best, shares of SGEMM the median
 */
public record BenchmarkSizes(
        long gemm,
        int tokens,
        int length,
        Map<String, ModelConfig> blocks,
        long layer,
        long codecRows,
        int repeats) {
    /** What the published numbers are measured with: some minutes on two cores. */
    public static final BenchmarkSizes FULL =
            new BenchmarkSizes(
                    4096,
                    2048,
                    512,
                    ordered(
                            "SmolLM2-135M",
                            block(ModelFamily.LLAMA, 576, 1536, 9, 3),
                            "Qwen2.5-1.5B",
                            block(ModelFamily.QWEN2, 1536, 8960, 12, 2)),
                    4096,
                    1024,
                    7);

    /** A look within seconds. */
    public static final BenchmarkSizes QUICK =
            new BenchmarkSizes(
                    1024,
                    512,
                    256,
                    Map.of("SmolLM2-135M", block(ModelFamily.LLAMA, 576, 1536, 9, 3)),
                    1024,
                    128,
                    2);

    /** The vocabulary is no part of what is timed. */
    private static final int VOCABULARY = 32;

    /**
     * One block of a model.
     *
     * @param family what kind of decoder it is
     * @param hidden width of the residual stream
     * @param intermediate width within the feed-forward network
     * @param heads query heads
     * @param kvHeads key and value heads
     * @return the description
     */
    public static ModelConfig block(
            ModelFamily family, int hidden, int intermediate, int heads, int kvHeads) {
        int headSize = hidden / heads;
        return new ModelConfig(
                family,
                hidden,
                intermediate,
                1,
                heads,
                kvHeads,
                headSize,
                headSize,
                VOCABULARY,
                1 << 15,
                1e-6,
                1e5,
                Optional.empty(),
                true,
                family == ModelFamily.QWEN2,
                false,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Map<String, ModelConfig> ordered(
            String first, ModelConfig one, String second, ModelConfig other) {
        Map<String, ModelConfig> blocks = new LinkedHashMap<>();
        blocks.put(first, one);
        blocks.put(second, other);
        return blocks;
    }
}
