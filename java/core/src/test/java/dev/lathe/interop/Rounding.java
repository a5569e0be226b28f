package dev.lathe.interop;

import dev.lathe.device.DType;

/**
 * How far llama.cpp's results may lie from Lathe's in a model of two or three blocks, relative to
 * their own size. Lathe computes in F32 with the weights as stored; llama.cpp rounds the inputs of
 * a product to fit the matrix:
 *
 * <ul>
 *   <li>F32: not at all; only the order of sums differs.
 *   <li>F16 and BF16: to that type, each value by at most the unit roundoff u, about 0.4 u on
 *       average. Four products follow one another in a block, and errors add as squares: √12 · 0.4
 *       u = 1.4 u for three blocks. Allowed are 4 u.
 *   <li>quantized: to 8 bits, blocks of 32 or 256 with one scale. Of bell-shaped values, whose
 *       greatest is near 2 or 3 deviations, 3 / 127 / √12 = 0.7 % get lost, of SwiGLU's products
 *       with their longer tails up to twice that: √(2·(3·0.7² + 1.4²)) = 2.6 % for two blocks.
 *       Twice that is allowed; a block read wrongly would err by half or more.
 * </ul>
 */
final class Rounding {
    private static final double F32_BOUND = 1e-5;
    private static final double F16_ROUNDOFF = 0x1p-11;
    private static final double BF16_ROUNDOFF = 0x1p-8;
    private static final double EIGHT_BITS_BOUND = 0.052;

    private Rounding() {}

    /** The bound for a model whose matrices are of a type. */
    static double bound(DType type) {
        return switch (type.name()) {
            case "F32" -> F32_BOUND;
            case "F16" -> 4 * F16_ROUNDOFF;
            case "BF16" -> 4 * BF16_ROUNDOFF;
            default -> EIGHT_BITS_BOUND;
        };
    }
}
