package dev.lathe.measure;

import java.util.List;

/**
 * How fast a device is at what Lathe does. Rates are in 10⁹ floating-point operations per second, a
 * multiplication and an addition counted as two.
 *
 * @param device name of the device
 * @param kernels which kernels compute
 * @param threads host threads
 * @param sgemmGflops rate of a large F32 matrix product: what the rest is compared with
 * @param forward calibration forward passes
 * @param hessian accumulation of XᵀX
 * @param sparseGpt pruning of one layer
 * @param types encoding and decoding of storage types
 */
public record BenchmarkReport(
        String device,
        String kernels,
        int threads,
        double sgemmGflops,
        List<Forward> forward,
        Hessian hessian,
        SparseGpt sparseGpt,
        List<Codec> types) {

    /**
     * A batch of sequences through one block, weights decoded from BF16 on the way.
     *
     * @param model whose shape the block has
     * @param tokens tokens of the batch
     * @param length tokens of a sequence
     * @param seconds time of the batch
     * @param tokensPerSecond tokens through this one block
     * @param gflops rate, counting the linear layers and causal attention
     * @param sgemmShare rate divided by that of a matrix product timed just before: the median of
     *     several turns
     */
    public record Forward(
            String model,
            int tokens,
            int length,
            double seconds,
            double tokensPerSecond,
            double gflops,
            double sgemmShare) {}

    /**
     * H += XᵀX.
     *
     * @param tokens rows of X
     * @param cols columns of X
     * @param seconds time
     * @param gflops rate, counting one triangle: tokens · cols²
     * @param sgemmShare rate divided by that of a matrix product timed just before: the median of
     *     several turns
     */
    public record Hessian(
            int tokens, long cols, double seconds, double gflops, double sgemmShare) {}

    /**
     * SparseGPT of one layer.
     *
     * @param rows rows of W
     * @param cols columns of W
     * @param sparsity share of zeros
     * @param zeros zeros that were set
     * @param inverseSeconds factorisation of the inverse Hessian
     * @param pruneSeconds masks and updates
     * @param totalSeconds both
     */
    public record SparseGpt(
            long rows,
            long cols,
            double sparsity,
            long zeros,
            double inverseSeconds,
            double pruneSeconds,
            double totalSeconds) {}

    /**
     * A storage type.
     *
     * @param type its name
     * @param encodeNanoseconds time to encode a weight under importance weights, all threads at
     *     work
     * @param decodeNanoseconds time to decode a weight, all threads at work
     */
    public record Codec(String type, double encodeNanoseconds, double decodeNanoseconds) {}
}
