package dev.lathe.measure;

import dev.lathe.calibrate.ActivationStore;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.DecoderBlock;
import dev.lathe.model.Model;

/**
 * Runs sequences through a model, block by block, so that one block of weights is in memory at a
 * time.
 */
public final class ForwardPass {
    private ForwardPass() {}

    /**
     * Computes the residual stream after the last block.
     *
     * @param model the model
     * @param device where to compute
     * @param sequences token ids
     * @param residuals receives [tokens × hidden] for each sequence, under its index
     * @param listener hears of each sequence that went through a block
     */
    public static void run(
            Model model,
            Device device,
            int[][] sequences,
            ActivationStore residuals,
            Runnable listener) {
        try (Tensor table = model.load(device, TensorKey.weight(TensorRole.EMBEDDING))) {
            for (int i = 0; i < sequences.length; i++) {
                Tensor residual = device.tensor(DType.F32, sequences[i].length, table.cols());
                device.embedding(residual, table, sequences[i]);
                residuals.put(i, residual);
            }
        }
        for (int layer = 0; layer < model.config().layers(); layer++) {
            try (DecoderBlock block = DecoderBlock.load(model, device, layer)) {
                for (int i = 0; i < sequences.length; i++) {
                    Tensor residual = residuals.take(i);
                    block.forward(residual, sequences[i].length);
                    residuals.put(i, residual);
                    listener.run();
                }
            }
        }
    }
}
