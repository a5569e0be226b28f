package dev.lathe.compress;

import dev.lathe.calibrate.ActivationStore;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.BlockStage;
import dev.lathe.model.DecoderBlock;
import java.nio.file.Path;
import java.util.BitSet;

/** All calibration batches on their way through one model: residuals, and inputs of a stage. */
final class ActivationStream implements AutoCloseable {
    private final Device device;
    private final CalibrationSet calibration;
    private final int batchSequences;
    private final ActivationStore residuals;
    private final ActivationStore inputs;

    /** Batches that have left their stage before the others. */
    private final BitSet ahead = new BitSet();

    /**
     * Begins with nothing.
     *
     * @param device where activations are
     * @param calibration the tokens
     * @param batchSequences sequences of a batch
     * @param residualBudget bytes of residuals that may stay in memory
     * @param inputBudget bytes of inputs that may stay in memory
     * @param folder where the others go
     */
    ActivationStream(
            Device device,
            CalibrationSet calibration,
            int batchSequences,
            long residualBudget,
            long inputBudget,
            Path folder) {
        this.device = device;
        this.calibration = calibration;
        this.batchSequences = batchSequences;
        this.residuals = new ActivationStore(device, residualBudget, folder);
        this.inputs = new ActivationStore(device, inputBudget, folder);
    }

    int batches() {
        return (calibration.sequences().length + batchSequences - 1) / batchSequences;
    }

    /** Tokens to residuals. */
    void embed(Tensor table) {
        for (int batch = 0; batch < batches(); batch++) {
            int[] tokens = tokens(batch);
            Tensor residual = device.tensor(DType.F32, tokens.length, table.cols());
            device.embedding(residual, table, tokens);
            residuals.put(batch, residual);
        }
    }

    private int[] tokens(int batch) {
        int first = batch * batchSequences;
        int count = Math.min(batchSequences, calibration.sequences().length - first);
        int length = calibration.sequences()[0].length;
        int[] tokens = new int[count * length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(calibration.sequences()[first + i], 0, tokens, i * length, length);
        }
        return tokens;
    }

    /**
     * Ends one stage for a batch and begins the next.
     *
     * @param block the block
     * @param before the stage to end, or null at the block's beginning
     * @param batch which batch
     * @param next the stage to begin, or null at the block's end
     */
    void advance(DecoderBlock block, BlockStage before, int batch, BlockStage next) {
        Tensor residual = residuals.take(batch);
        Tensor carried = null;
        if (before != null && !ahead.get(batch)) {
            try (Tensor input = inputs.take(batch)) {
                carried = block.leave(before, residual, input, calibration.sequences()[0].length);
            }
        }
        if (next != null) {
            inputs.put(batch, block.enter(next, residual, carried));
        }
        ahead.clear(batch);
        residuals.put(batch, residual);
    }

    /**
     * Ends an output stage for a batch at once, so that its residuals have the stage's outputs; it
     * {@linkplain #advance goes on} with the others.
     *
     * @param block the block
     * @param stage the stage that was begun
     * @param batch which batch
     * @return the stage's input, closed by the caller
     */
    Tensor leave(DecoderBlock block, BlockStage stage, int batch) {
        Tensor residual = residuals.take(batch);
        Tensor input = inputs.take(batch);
        block.leave(stage, residual, input, calibration.sequences()[0].length);
        residuals.put(batch, residual);
        ahead.set(batch);
        return input;
    }

    /** The batch's input of the stage that was begun; {@link #putInput} it back. */
    Tensor takeInput(int batch) {
        return inputs.take(batch);
    }

    void putInput(int batch, Tensor input) {
        inputs.put(batch, input);
    }

    /** The batch's residuals; {@link #putResidual} them back. */
    Tensor takeResidual(int batch) {
        return residuals.take(batch);
    }

    void putResidual(int batch, Tensor residual) {
        residuals.put(batch, residual);
    }

    @Override
    public void close() {
        residuals.close();
        inputs.close();
    }
}
