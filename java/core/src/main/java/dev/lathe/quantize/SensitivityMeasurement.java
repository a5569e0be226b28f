package dev.lathe.quantize;

import dev.lathe.calibrate.ActivationStore;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.calibrate.InputStatistics;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.BlockStage;
import dev.lathe.model.DecoderBlock;
import dev.lathe.model.Model;
import dev.lathe.model.OutputHead;
import dev.lathe.prune.Sparsity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Measures what quantizing each tensor costs, in one pass over the model with its original weights.
 *
 * <p>e(t, q), the relative output error of tensor t in type q, is measured for every tensor on
 * sampled rows: three quarters of the sequences make the H that quantization sees, one quarter the
 * H that judges it. α_t, the rise of the output's KL divergence for each unit of error, is measured
 * in some blocks: the tensor alone is quantized to an error of about 0.1, the size of low-bit
 * errors, and a few sequences go on from its block. Between these blocks α follows by interpolation
 * of its logarithm. The loss of a choice is α_t · e(t, q); see HIGGS, arXiv 2411.17525, for why it
 * adds up.
 */
public final class SensitivityMeasurement {
    /** Errors of this size are what low-bit types make; below it KL is nearly linear in them. */
    private static final double PROBE_ERROR = 0.1;

    /** Every fourth sequence judges. */
    private static final int JUDGES = 4;

    private static final int SHORTEST_PROBE = 16;

    private final Model model;
    private final Device device;
    private final SensitivityOptions options;
    private final int[][] sequences;
    private final long budget;
    private final Path folder;
    private final Consumer<String> progress;
    private final ErrorProbe probe;
    private final List<Integer> probeLayers;
    private final List<TensorSensitivity> tensors = new ArrayList<>();

    /**
     * Sets a measurement up.
     *
     * @param model the model
     * @param device where to compute
     * @param options how to measure
     * @param calibration at least two sequences
     * @param budget bytes of activations that stay in memory
     * @param folder where the rest of them goes
     * @param progress hears of each of {@link #units} units
     * @throws dev.lathe.UsageException if there are fewer than two sequences, or the model cannot
     *     be computed
     */
    public SensitivityMeasurement(
            Model model,
            Device device,
            SensitivityOptions options,
            CalibrationSet calibration,
            long budget,
            Path folder,
            Consumer<String> progress) {
        model.requireComputed("measuring sensitivity");
        if (calibration.sequences().length < 2) {
            throw new dev.lathe.UsageException(
                    "measuring sensitivity needs at least 2 calibration sequences");
        }
        this.model = model;
        this.device = device;
        this.options = options;
        this.sequences = calibration.sequences();
        this.budget = budget;
        this.folder = folder;
        this.progress = progress;
        this.probe = new ErrorProbe(device, options);
        this.probeLayers = spread(model.config().layers(), options.probeLayers());
    }

    /**
     * How much there is to do.
     *
     * @return one unit for each block, and one for the head
     */
    public int units() {
        return model.config().layers() + 1;
    }

    /** The first two blocks, the last two, and others evenly between them. */
    static List<Integer> spread(int layers, int count) {
        TreeSet<Integer> chosen = new TreeSet<>();
        for (int i = 0; i < Math.min(2, layers); i++) {
            chosen.add(i);
            chosen.add(layers - 1 - i);
        }
        int between = count - chosen.size();
        for (int i = 1; i <= between; i++) {
            chosen.add((int) Math.round((double) i * (layers - 1) / (between + 1)));
        }
        return List.copyOf(chosen);
    }

    /**
     * Measures.
     *
     * @param source checksum of the source, for the record
     * @param calibration checksum of the calibration tokens, for the record
     * @return all matrices of the model
     */
    public Sensitivity run(String source, String calibration) {
        Map<TensorKey, Double> alphas;
        try (ActivationStore residuals = new ActivationStore(device, budget / 2, folder);
                ActivationStore inputs = new ActivationStore(device, budget / 4, folder);
                ProbeStreams streams = embed(residuals)) {
            for (int layer = 0; layer < model.config().layers(); layer++) {
                try (DecoderBlock block = DecoderBlock.load(model, device, layer)) {
                    streams.pass(block, block(block, layer, residuals, inputs));
                }
                progress.accept("block " + (layer + 1) + " of " + model.config().layers());
            }
            alphas = head(residuals, streams);
            progress.accept("output head");
        }
        return new Sensitivity(
                new Sensitivity.Basis(
                        source,
                        calibration,
                        sequences.length,
                        sequences[0].length,
                        options.text(),
                        probeLayers,
                        probeSequences().length * probeSequences()[0].length,
                        device.name(),
                        device.kernelVariant()),
                new Interpolation(alphas).apply(tensors));
    }

    /** Whether a sequence judges what was quantized with the others. */
    private boolean judges(int sequence) {
        return sequences.length < JUDGES
                ? sequence == sequences.length - 1
                : sequence % JUDGES == JUDGES - 1;
    }

    /** The beginnings of judging sequences. */
    private int[][] probeSequences() {
        List<int[]> judging = new ArrayList<>();
        for (int i = 0; i < sequences.length; i++) {
            if (judges(i)) {
                judging.add(sequences[i]);
            }
        }
        int length = Math.min(sequences[0].length, Math.max(SHORTEST_PROBE, 128));
        int count = Math.max(1, Math.min(judging.size(), options.probeTokens() / length));
        return judging.subList(0, count).stream()
                .map(sequence -> Arrays.copyOf(sequence, length))
                .toArray(int[][]::new);
    }

    private ProbeStreams embed(ActivationStore residuals) {
        TensorKey key = TensorKey.weight(TensorRole.EMBEDDING);
        try (Tensor table = model.load(device, key)) {
            for (int i = 0; i < sequences.length; i++) {
                Tensor residual = device.tensor(DType.F32, sequences[i].length, table.cols());
                device.embedding(residual, table, sequences[i]);
                residuals.put(i, residual);
            }
            ProbeStreams streams =
                    new ProbeStreams(device, table, probeSequences(), budget / 4, folder);
            Map<String, Double> errors = probe.roundingErrors(table, candidates(key, table));
            tensors.add(measured(key, errors));
            Optional<DType> type = probeType(errors);
            if (type.isPresent()) {
                try (ErrorProbe.Perturbed disturbed = probe.round(table, type.get())) {
                    streams.addEmbedding(key, disturbed);
                }
            }
            return streams;
        }
    }

    private List<DType> candidates(TensorKey key, Tensor stored) {
        return Candidates.of(
                options.candidates(), stored.type(), stored.cols(), options.sparsity().of(key));
    }

    private static TensorSensitivity measured(TensorKey key, Map<String, Double> errors) {
        return new TensorSensitivity(key.role().id(), key.layer(), 0, false, errors, true);
    }

    /** The type whose error is nearest to what α is measured at; none where nothing errs. */
    private static Optional<DType> probeType(Map<String, Double> errors) {
        return errors.entrySet().stream()
                .filter(entry -> entry.getValue() > 0)
                .min(
                        Comparator.comparingDouble(
                                entry -> Math.abs(Math.log(entry.getValue() / PROBE_ERROR))))
                .map(entry -> DType.of(entry.getKey()));
    }

    /** Measures the errors of a block's layers; disturbs them where α is measured. */
    private Map<TensorKey, ErrorProbe.Perturbed> block(
            DecoderBlock block, int layer, ActivationStore residuals, ActivationStore inputs) {
        Map<TensorKey, ErrorProbe.Perturbed> disturbed = new LinkedHashMap<>();
        BlockStage before = null;
        for (BlockStage stage : BlockStage.values()) {
            long cols = block.weight(stage.linears().get(0)).cols();
            try (InputStatistics fit = new InputStatistics(device, cols);
                    InputStatistics judge = new InputStatistics(device, cols)) {
                for (int i = 0; i < sequences.length; i++) {
                    Tensor residual = residuals.take(i);
                    Tensor input = enter(block, before, stage, i, residual, inputs);
                    (judges(i) ? judge : fit).accumulate(input);
                    inputs.put(i, input);
                    residuals.put(i, residual);
                }
                fit.finish("block " + layer + ", fitting");
                judge.finish("block " + layer + ", judging");
                for (TensorRole role : stage.linears()) {
                    TensorKey key = TensorKey.weight(role, layer);
                    Tensor stored = block.weight(role);
                    Sparsity zeros = options.sparsity().of(key);
                    Map<String, Double> errors =
                            probe.errors(stored, fit, judge, candidates(key, stored), zeros);
                    tensors.add(measured(key, errors));
                    if (probeLayers.contains(layer)) {
                        probeType(errors)
                                .map(type -> probe.perturb(stored, fit, judge, type, zeros))
                                .ifPresent(perturbed -> disturbed.put(key, perturbed));
                    }
                }
            }
            before = stage;
        }
        for (int i = 0; i < sequences.length; i++) {
            Tensor residual = residuals.take(i);
            leave(block, before, i, residual, inputs);
            residuals.put(i, residual);
        }
        return disturbed;
    }

    private Tensor enter(
            DecoderBlock block,
            BlockStage before,
            BlockStage stage,
            int sequence,
            Tensor residual,
            ActivationStore inputs) {
        Tensor carried = before == null ? null : leave(block, before, sequence, residual, inputs);
        return block.enter(stage, residual, carried);
    }

    private Tensor leave(
            DecoderBlock block,
            BlockStage stage,
            int sequence,
            Tensor residual,
            ActivationStore inputs) {
        try (Tensor input = inputs.take(sequence)) {
            return block.leave(stage, residual, input, sequences[sequence].length);
        }
    }

    private Map<TensorKey, Double> head(ActivationStore residuals, ProbeStreams streams) {
        TensorKey key = model.headKey();
        try (OutputHead head = OutputHead.load(model, device);
                InputStatistics fit = new InputStatistics(device, model.config().hiddenSize());
                InputStatistics judge = new InputStatistics(device, model.config().hiddenSize())) {
            if (key.role() == TensorRole.EMBEDDING) {
                return finish(streams, head, probeType(tensors.get(0).errors()), probe::round);
            }
            for (int i = 0; i < sequences.length; i++) {
                try (Tensor residual = residuals.take(i);
                        Tensor input = head.normalize(residual)) {
                    (judges(i) ? judge : fit).accumulate(input);
                }
            }
            fit.finish("output head, fitting");
            judge.finish("output head, judging");
            Map<String, Double> errors =
                    probe.errors(
                            head.weight(),
                            fit,
                            judge,
                            candidates(key, head.weight()),
                            Sparsity.NONE);
            tensors.add(measured(key, errors));
            return finish(
                    streams,
                    head,
                    probeType(errors),
                    (weight, type) -> probe.perturb(weight, fit, judge, type, Sparsity.NONE));
        }
    }

    private Map<TensorKey, Double> finish(
            ProbeStreams streams,
            OutputHead head,
            Optional<DType> type,
            BiFunction<Tensor, DType, ErrorProbe.Perturbed> disturb) {
        if (type.isEmpty()) {
            return streams.finish(head, model.headKey(), null);
        }
        try (ErrorProbe.Perturbed disturbed = disturb.apply(head.weight(), type.get())) {
            return streams.finish(head, model.headKey(), disturbed);
        }
    }
}
