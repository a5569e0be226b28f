package dev.lathe.compress;

import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import java.util.function.BiConsumer;

/**
 * Inputs of a stage on their way into sums: gathered from batches into portions of one size, so
 * that what is summed at once, and with it the last bits of the sums, does not depend on the size
 * of the batches. Batches that are portions already pass through.
 */
final class InputPortions implements AutoCloseable {
    private final Device device;
    private final long tokens;
    private final BiConsumer<Tensor, Tensor> sums;
    private Tensor inputs;
    private Tensor originals;
    private long filled;

    /**
     * Begins with nothing.
     *
     * @param device where the inputs are
     * @param tokens of a portion
     * @param sums takes each portion [tokens × cols], and the original's or null
     */
    InputPortions(Device device, long tokens, BiConsumer<Tensor, Tensor> sums) {
        this.device = device;
        this.tokens = tokens;
        this.sums = sums;
    }

    /**
     * Adds a batch.
     *
     * @param input [T × cols]
     * @param original what the original model has there, or null, for all batches alike
     */
    void add(Tensor input, Tensor original) {
        if (filled == 0 && input.rows() == tokens) {
            sums.accept(input, original);
            return;
        }
        for (long at = 0; at < input.rows(); ) {
            long count = Math.min(tokens - filled, input.rows() - at);
            inputs = gather(inputs, input.rows(at, count));
            if (original != null) {
                originals = gather(originals, original.rows(at, count));
            }
            filled += count;
            at += count;
            if (filled == tokens) {
                sum();
            }
        }
    }

    private Tensor gather(Tensor portion, Tensor rows) {
        Tensor gathered = portion == null ? device.tensor(DType.F32, tokens, rows.cols()) : portion;
        gathered.rows(filled, rows.rows()).copyFrom(rows);
        return gathered;
    }

    private void sum() {
        sums.accept(inputs.rows(0, filled), originals == null ? null : originals.rows(0, filled));
        filled = 0;
    }

    /** Sums what is left. */
    void finish() {
        if (filled > 0) {
            sum();
        }
        close();
    }

    @Override
    public void close() {
        if (inputs != null) {
            inputs.close();
        }
        if (originals != null) {
            originals.close();
        }
        inputs = null;
        originals = null;
    }
}
