package dev.lathe.quantize;

import dev.lathe.calibrate.ActivationStore;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.DecoderBlock;
import dev.lathe.model.OutputHead;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The residual streams of a few sequences through the undisturbed model, and of the same sequences
 * through models in which one tensor each was disturbed. All of them go through a block together,
 * so that every block is loaded once.
 */
final class ProbeStreams implements AutoCloseable {
    /** Logits that are held at once, for each of two models. */
    private static final long LOGIT_VALUES = 1L << 25;

    private final Device device;
    private final int length;
    private final ActivationStore streams;
    private final List<TensorKey> keys = new ArrayList<>();
    private final List<Double> errors = new ArrayList<>();
    private final int[] tokens;

    /**
     * Begins with the undisturbed model.
     *
     * @param device where to compute
     * @param table the embedding
     * @param sequences tokens, all of one length
     * @param budget bytes of streams that stay in memory
     * @param folder where the rest goes
     */
    ProbeStreams(Device device, Tensor table, int[][] sequences, long budget, Path folder) {
        this.device = device;
        this.length = sequences[0].length;
        this.streams = new ActivationStore(device, budget, folder);
        this.tokens = new int[sequences.length * length];
        for (int i = 0; i < sequences.length; i++) {
            System.arraycopy(sequences[i], 0, tokens, i * length, length);
        }
        streams.put(0, embed(table));
    }

    private Tensor embed(Tensor table) {
        Tensor residual = device.tensor(DType.F32, tokens.length, table.cols());
        device.embedding(residual, table, tokens);
        return residual;
    }

    /** Adds the stream that begins with a disturbed embedding. */
    void addEmbedding(TensorKey key, ErrorProbe.Perturbed table) {
        add(key, table.error(), embed(table.weight()));
    }

    private void add(TensorKey key, double error, Tensor residual) {
        keys.add(key);
        errors.add(error);
        streams.put(keys.size(), residual);
    }

    /**
     * Sends all streams through a block, and adds those in which one of its layers is disturbed.
     *
     * @param block the block, undisturbed
     * @param disturbed layers of the block; their weights are closed
     */
    void pass(DecoderBlock block, Map<TensorKey, ErrorProbe.Perturbed> disturbed) {
        Map<TensorKey, Tensor> added = new LinkedHashMap<>();
        disturbed.forEach(
                (key, perturbed) -> {
                    Tensor residual = copyOfBase();
                    Tensor original = block.exchange(key.role(), perturbed.weight());
                    try {
                        block.forward(residual, length);
                    } finally {
                        block.exchange(key.role(), original).close();
                    }
                    added.put(key, residual);
                });
        for (int i = 0; i <= keys.size(); i++) {
            Tensor residual = streams.take(i);
            block.forward(residual, length);
            streams.put(i, residual);
        }
        added.forEach((key, residual) -> add(key, disturbed.get(key).error(), residual));
    }

    private Tensor copyOfBase() {
        Tensor base = streams.take(0);
        Tensor copy = device.tensor(DType.F32, base.rows(), base.cols());
        copy.copyFrom(base);
        streams.put(0, base);
        return copy;
    }

    /**
     * Ends all streams.
     *
     * @param head the undisturbed head
     * @param headKey which tensor it is
     * @param disturbedHead the head disturbed, for a stream of its own; where the embedding is the
     *     head, for the embedding's stream; null where nothing disturbs it
     * @return α of each disturbed tensor: KL divergence divided by relative error
     */
    Map<TensorKey, Double> finish(
            OutputHead head, TensorKey headKey, ErrorProbe.Perturbed disturbedHead) {
        boolean tied = keys.contains(headKey);
        Map<TensorKey, Double> alphas = new LinkedHashMap<>();
        Tensor base = streams.take(0);
        try (base) {
            for (int i = 0; i < keys.size(); i++) {
                boolean both = tied && keys.get(i).equals(headKey);
                try (Tensor residual = streams.take(i + 1)) {
                    double divergence =
                            divergence(
                                    head,
                                    base,
                                    residual,
                                    both ? disturbedHead.weight() : head.weight());
                    alphas.put(keys.get(i), ratio(divergence, errors.get(i)));
                }
            }
            if (!tied && disturbedHead != null) {
                double divergence = divergence(head, base, base, disturbedHead.weight());
                alphas.put(headKey, ratio(divergence, disturbedHead.error()));
            }
        }
        return alphas;
    }

    private static double ratio(double divergence, double error) {
        return error == 0 ? 0 : Math.max(0, divergence) / error;
    }

    /** Mean KL divergence over all probe tokens. */
    private double divergence(OutputHead head, Tensor base, Tensor residual, Tensor matrix) {
        long chunk = Math.max(1, LOGIT_VALUES / matrix.rows());
        double sum = 0;
        for (long first = 0; first < base.rows(); first += chunk) {
            long count = Math.min(chunk, base.rows() - first);
            double[] nats = new double[(int) count];
            try (Tensor expected = head.logits(base.rows(first, count));
                    Tensor logits = head.logits(residual.rows(first, count), matrix)) {
                device.klDivergence(nats, new byte[nats.length], expected, logits);
            }
            for (double value : nats) {
                sum += value;
            }
        }
        return sum / base.rows();
    }

    @Override
    public void close() {
        streams.close();
    }
}
