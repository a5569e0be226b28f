package dev.lathe.device;

import dev.lathe.nativebackend.ObsOptions;
import org.bytedeco.javacpp.BytePointer;

/**
 * What one call of OBS compression is asked to do; see {@code ObsOptions} in {@code backend.h}.
 *
 * @param sparsity share of zeros of an unstructured mask, at least 0 and below 1; ignored with a
 *     pattern
 * @param keepN weights kept in each group of a pattern, 0 without one
 * @param ofM columns of a pattern's group, 0 without one
 * @param maskBlock columns whose unstructured mask is chosen at once
 * @param updateBlock columns after which the rest of a row is updated
 * @param keepZeros weights that are 0 already stay 0, as another method chose
 * @param type storage type of the result; F32 to prune only
 */
public record ObsStep(
        double sparsity,
        int keepN,
        int ofM,
        int maskBlock,
        int updateBlock,
        boolean keepZeros,
        DType type) {
    /** The papers' block of columns, for masks and for updates. */
    public static final int DEFAULT_BLOCK = 128;

    /**
     * Pruning to a share of zeros.
     *
     * @param sparsity the share
     * @return the step
     */
    public static ObsStep unstructured(double sparsity) {
        return new ObsStep(sparsity, 0, 0, DEFAULT_BLOCK, DEFAULT_BLOCK, false, DType.F32);
    }

    /**
     * Pruning to keepN of every ofM consecutive columns.
     *
     * @param keepN weights kept
     * @param ofM columns of a group
     * @return the step
     */
    public static ObsStep pattern(int keepN, int ofM) {
        return new ObsStep(0, keepN, ofM, DEFAULT_BLOCK, DEFAULT_BLOCK, false, DType.F32);
    }

    /**
     * The same step with its result stored in a type.
     *
     * @param storage the type
     * @return the step
     */
    public ObsStep storedAs(DType storage) {
        return new ObsStep(sparsity, keepN, ofM, maskBlock, updateBlock, keepZeros, storage);
    }

    /**
     * The same step leaving weights that are 0 as they are.
     *
     * @return the step
     */
    public ObsStep keepingZeros() {
        return new ObsStep(sparsity, keepN, ofM, maskBlock, updateBlock, true, type);
    }

    /**
     * Whether the step sets weights to zero.
     *
     * @return true if it prunes
     */
    public boolean prunes() {
        return ofM > 0 || sparsity > 0;
    }

    /** As the native part takes it. */
    ObsOptions options() {
        ObsOptions options = new ObsOptions();
        options.sparsity(sparsity);
        options.keepN(keepN);
        options.ofM(ofM);
        options.maskBlock(maskBlock);
        options.updateBlock(updateBlock);
        options.keepZeros(keepZeros);
        options.type(type.id());
        return options;
    }

    /** A byte for each flag. */
    static BytePointer flags(boolean[] values) {
        BytePointer bytes = new BytePointer(values.length);
        for (int i = 0; i < values.length; i++) {
            bytes.put(i, (byte) (values[i] ? 1 : 0));
        }
        return bytes;
    }
}
