package dev.lathe.checkpoint;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The order of q and k rows, which for the Llama family differs between the formats. Within the
 * first r = rotarySize rows of each head, Hugging Face rotates the pairs (i, i + r/2) and GGUF the
 * pairs (2i, 2i + 1), so that
 *
 * <pre>
 *   GGUF row 2i + j  =  Hugging Face row i + j r/2,   0 &lt;= i &lt; r/2,  j in {0, 1}
 * </pre>
 *
 * <p>Rows that are not rotated stay. Only whole rows move, so the bytes of quantized rows can be
 * moved as they are.
 */
public final class RowPermutation {
    private final int heads;
    private final int headSize;
    private final int rotarySize;
    private final boolean toGguf;

    private RowPermutation(int heads, int headSize, int rotarySize, boolean toGguf) {
        boolean fits = heads > 0 && rotarySize > 0 && rotarySize <= headSize && rotarySize % 2 == 0;
        if (!fits) {
            throw new IllegalArgumentException(
                    String.format(
                            "%d heads of size %d, of which %d are rotated",
                            heads, headSize, rotarySize));
        }
        this.heads = heads;
        this.headSize = headSize;
        this.rotarySize = rotarySize;
        this.toGguf = toGguf;
    }

    /**
     * Makes the permutation that turns Hugging Face rows into GGUF rows.
     *
     * @param heads heads of the matrix: for k those of keys
     * @param headSize rows of a head
     * @param rotarySize rows of a head that are rotated
     * @return the permutation
     * @throws IllegalArgumentException if the sizes do not fit
     */
    public static RowPermutation toGguf(int heads, int headSize, int rotarySize) {
        return new RowPermutation(heads, headSize, rotarySize, true);
    }

    /**
     * Makes the permutation that turns GGUF rows into Hugging Face rows.
     *
     * @param heads heads of the matrix: for k those of keys
     * @param headSize rows of a head
     * @param rotarySize rows of a head that are rotated
     * @return the permutation
     * @throws IllegalArgumentException if the sizes do not fit
     */
    public static RowPermutation toHuggingFace(int heads, int headSize, int rotarySize) {
        return new RowPermutation(heads, headSize, rotarySize, false);
    }

    /**
     * Finds the permutation that a tensor needs on its way from one format to another.
     *
     * @param config the model
     * @param key the tensor
     * @param from format of the source
     * @param to format of the target
     * @return the permutation, or empty where rows stay as they are
     */
    public static Optional<RowPermutation> between(
            ModelConfig config, TensorKey key, Format from, Format to) {
        boolean rotated = key.role() == TensorRole.Q_PROJ || key.role() == TensorRole.K_PROJ;
        if (from == to || !rotated || !config.family().permutesRows()) {
            return Optional.empty();
        }
        int heads = key.role() == TensorRole.Q_PROJ ? config.heads() : config.kvHeads();
        return Optional.of(
                new RowPermutation(
                        heads, config.headSize(), config.rotarySize(), to == Format.GGUF));
    }

    /**
     * Returns the same permutation for one head: heads lie one after another and rows move within
     * them.
     *
     * @return the permutation of headSize rows
     */
    public RowPermutation ofOneHead() {
        return new RowPermutation(1, headSize, rotarySize, toGguf);
    }

    /**
     * Returns the number of rows of the matrices that this permutation is for.
     *
     * @return heads * headSize
     */
    public int rows() {
        return heads * headSize;
    }

    /**
     * Tells where a row of the target comes from.
     *
     * @param row row of the target, 0 to rows() - 1
     * @return row of the source
     */
    public int sourceRow(int row) {
        int within = row % headSize;
        if (within >= rotarySize) {
            return row;
        }
        int half = rotarySize / 2;
        int source = toGguf ? within / 2 + within % 2 * half : within % half * 2 + within / half;
        return row - within + source;
    }

    /**
     * Copies rows in the target's order.
     *
     * @param source all rows of the source, from its position on; its position stays
     * @param target room for all rows from its position on; its position stays
     * @param rowBytes bytes of a row; of a bias those of one value
     * @throws IndexOutOfBoundsException if one of the buffers does not hold all rows
     */
    public void apply(ByteBuffer source, ByteBuffer target, int rowBytes) {
        for (int row = 0; row < rows(); row++) {
            target.put(
                    target.position() + row * rowBytes,
                    source,
                    source.position() + sourceRow(row) * rowBytes,
                    rowBytes);
        }
    }
}
