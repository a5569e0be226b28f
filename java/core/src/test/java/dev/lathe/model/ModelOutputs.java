package dev.lathe.model;

import dev.lathe.calibrate.ActivationStore;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.measure.ForwardPass;
import java.nio.file.Path;

/**
 * What Lathe's own forward pass makes of a sequence of tokens, for comparison with that of others.
 *
 * @param hidden output of the final norm, [tokens × hidden]
 * @param logits [tokens × vocabulary]
 */
public record ModelOutputs(float[][] hidden, float[][] logits) {
    private static final long MEMORY = 1L << 30;
    private static final int THREADS = 2;

    /**
     * Runs the model at a path.
     *
     * @param path a GGUF file or a Hugging Face folder
     * @param tokens the sequence
     * @return its outputs
     */
    public static ModelOutputs of(Path path, int[] tokens) {
        try (Device device = Device.open("cpu", THREADS);
                Model model = Model.open(path)) {
            return of(device, model, tokens);
        }
    }

    static ModelOutputs of(Device device, Model model, int[] tokens) {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (ActivationStore store = new ActivationStore(device, MEMORY, temporary);
                OutputHead head = OutputHead.load(model, device)) {
            ForwardPass.run(model, device, new int[][] {tokens}, store, () -> {});
            try (Tensor residual = store.take(0);
                    Tensor hidden = head.normalize(residual);
                    Tensor logits = head.logits(residual)) {
                return new ModelOutputs(rows(hidden), rows(logits));
            }
        }
    }

    private static float[][] rows(Tensor tensor) {
        float[] values = tensor.toArray();
        int cols = (int) tensor.cols();
        float[][] rows = new float[(int) tensor.rows()][cols];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(values, i * cols, rows[i], 0, cols);
        }
        return rows;
    }
}
