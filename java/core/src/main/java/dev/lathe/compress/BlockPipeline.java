package dev.lathe.compress;

import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.calibrate.InputDrift;
import dev.lathe.calibrate.InputStatistics;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.OutOfDeviceMemoryException;
import dev.lathe.device.Tensor;
import dev.lathe.model.BlockStage;
import dev.lathe.model.BlockUpload;
import dev.lathe.model.DecoderBlock;
import dev.lathe.model.Model;
import dev.lathe.model.OutputHead;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compresses the tensors that need to see their inputs, block by block and stage by stage, each
 * stage over all calibration sequences: every stage sees the compressed weights before it, one
 * Hessian is alive at a time, and the block's outputs are the next block's inputs. Where layers
 * make up for what compression has changed about their inputs, the original goes along.
 *
 * <p>Tensors that an interrupted run finished are read back from the output, so the activations are
 * those that the undisturbed run would have had.
 */
final class BlockPipeline {
    private final CompressionRun run;
    private final Device device;
    private final Model model;
    private final CalibrationSet calibration;
    private final LayerCompression layers;
    private DeviceShare share;
    private BlockUpload ahead;
    private final Map<TensorKey, TensorPlan> plans = new HashMap<>();
    private final TensorPlan head;

    BlockPipeline(CompressionRun run, CalibrationSet calibration) {
        this.run = run;
        this.device = run.device();
        this.model = run.model();
        this.calibration = calibration;
        run.plan().tensors().forEach(plan -> plans.put(plan.key(), plan));
        TensorPlan outer = plans.get(model.headKey());
        this.head = run.plan().needsStatistics(outer) ? outer : null;
        this.layers = new LayerCompression(run.threads(), model, run.plan());
        if (calibration != null) {
            this.share = DeviceShare.of(device, model, run.estimate(), calibration);
        }
    }

    /** Units of work: each batch through each stage, so that a bar moves evenly. */
    long units() {
        if (calibration == null) {
            return 0;
        }
        return (long) model.config().layers() * BlockStage.values().length * batches();
    }

    private int batches() {
        int sequences = share.batchSequences();
        return (calibration.sequences().length + sequences - 1) / sequences;
    }

    /** Sequences that went through a stage at once, or null where none did. */
    Integer batchSequences() {
        return share == null ? null : share.batchSequences();
    }

    /**
     * Where the device has less memory than it said, less is asked for once. What was finished by
     * then is taken up as that of an interrupted run.
     */
    void run() {
        if (calibration == null || remaining().isEmpty()) {
            return;
        }
        try {
            pass();
        } catch (OutOfDeviceMemoryException e) {
            if (!share.divisible()) {
                throw e;
            }
            share = share.halved();
            run.notice(e.getMessage() + "; going on with batches of " + share.inWords());
            pass();
        }
    }

    private void pass() {
        int last = lastLayer();
        boolean corrects = remaining().stream().anyMatch(run.plan()::correctsInputs);
        try (ActivationStream compressed = stream(corrects);
                ActivationStream original = corrects ? stream(true) : null) {
            embed(compressed, original);
            for (int layer = 0; layer <= last; layer++) {
                block(layer, layer < last, compressed, original);
            }
            if (head != null) {
                head(compressed);
            }
        } finally {
            if (ahead != null) {
                ahead.close();
                ahead = null;
            }
        }
    }

    /**
     * A stream with its share of the budget. Residuals are needed twice as often as inputs; they
     * get theirs first.
     */
    private ActivationStream stream(boolean oneOfTwo) {
        long budget = share.activationBytes() / (oneOfTwo ? 2 : 1);
        long residualBytes = calibration.tokens() * model.config().hiddenSize() * Float.BYTES;
        long residualBudget = Math.min(budget, residualBytes);
        return new ActivationStream(
                device,
                calibration,
                share.batchSequences(),
                residualBudget,
                budget - residualBudget,
                run.workFolder());
    }

    private List<TensorPlan> remaining() {
        return plans.values().stream()
                .filter(plan -> run.plan().needsStatistics(plan) && !run.finished(plan))
                .toList();
    }

    /** The last block that must be computed: all of them where the head needs its inputs. */
    private int lastLayer() {
        if (head != null && !run.finished(head)) {
            return model.config().layers() - 1;
        }
        return remaining().stream().mapToInt(plan -> plan.key().layer()).max().orElse(-1);
    }

    private void embed(ActivationStream compressed, ActivationStream original) {
        TensorPlan plan = plans.get(TensorKey.weight(TensorRole.EMBEDDING));
        // A tied embedding that is compressed as the head is not there yet: then the source's
        // serves.
        boolean written = run.finished(plan) && plan.action() != TensorPlan.Action.COPY;
        if (original != null || !written) {
            try (Tensor table = model.load(device, plan.key())) {
                if (original != null) {
                    original.embed(table);
                }
                if (!written) {
                    compressed.embed(table);
                }
            }
        }
        if (written) {
            try (Tensor table = run.tensors().load(plan, device)) {
                compressed.embed(table);
            }
        }
    }

    private void block(
            int layer, boolean more, ActivationStream compressed, ActivationStream original) {
        try (DecoderBlock block = load(layer);
                DecoderBlock source =
                        original == null ? null : DecoderBlock.load(model, device, layer)) {
            Streams streams = new Streams(block, compressed, source, original);
            BlockStage before = null;
            for (BlockStage stage : BlockStage.values()) {
                List<TensorPlan> wanted = new ArrayList<>();
                for (TensorRole role : stage.linears()) {
                    TensorPlan plan = plans.get(TensorKey.weight(role, layer));
                    if (run.finished(plan)) {
                        block.replace(role, run.tensors().load(plan, device));
                        skip(plan);
                    } else {
                        wanted.add(plan);
                    }
                }
                if (more && stage == BlockStage.FEED_FORWARD_OUTPUT && share.loadsAhead()) {
                    ahead = new BlockUpload(model, device, layer + 1);
                }
                stage(streams, before, stage, layer, wanted);
                before = stage;
            }
            for (int batch = 0; batch < compressed.batches(); batch++) {
                streams.advance(before, batch, null);
            }
        }
    }

    /** A block's weights, which may have been on their way while the block before was computed. */
    private DecoderBlock load(int layer) {
        BlockUpload upload = ahead == null ? new BlockUpload(model, device, layer) : ahead;
        ahead = null;
        try (upload) {
            return upload.finish();
        }
    }

    /** A batch goes from one stage to the next; weights of the next block go along. */
    private void advance(Streams streams, BlockStage before, int batch, BlockStage next) {
        streams.advance(before, batch, next);
        if (ahead != null) {
            ahead.advance((batch + 1.0) / batches());
        }
    }

    /**
     * The block in both models with what goes through it.
     *
     * @param block as compressed so far
     * @param compressed its activations
     * @param source as it was; null where nothing makes up for changed inputs
     * @param original its activations, or null
     */
    private record Streams(
            DecoderBlock block,
            ActivationStream compressed,
            DecoderBlock source,
            ActivationStream original) {
        void advance(BlockStage before, int batch, BlockStage next) {
            compressed.advance(block, before, batch, next);
            if (original != null) {
                original.advance(source, before, batch, next);
            }
        }
    }

    /** A tensor that an interrupted run finished. */
    private void skip(TensorPlan plan) {
        if (run.plan().needsStatistics(plan)) {
            run.advance(plan.output().name());
        }
    }

    private void stage(
            Streams streams,
            BlockStage before,
            BlockStage stage,
            int layer,
            List<TensorPlan> wanted) {
        String where = "block " + (layer + 1) + " of " + model.config().layers();
        if (wanted.isEmpty()) {
            for (int batch = 0; batch < streams.compressed.batches(); batch++) {
                advance(streams, before, batch, stage);
                run.advance(where);
            }
            return;
        }
        long cols = wanted.get(0).cols();
        try (InputStatistics statistics = new InputStatistics(device, cols);
                InputDrift<TensorRole> drift = drift(streams, stage, layer, wanted);
                InputPortions portions = portions(statistics, drift)) {
            for (int batch = 0; batch < streams.compressed.batches(); batch++) {
                advance(streams, before, batch, stage);
                add(streams, stage, batch, portions, drift != null);
                run.advance(where);
            }
            portions.finish();
            statistics.finish(where + ", inputs of " + wanted.get(0).key().role().id());
            layers.compress(
                    streams.block,
                    wanted,
                    statistics,
                    drift,
                    (plan, result) -> finish(streams.block, plan, result, statistics, where));
        }
    }

    /** Null where no layer of the stage makes up for changed inputs. */
    private InputDrift<TensorRole> drift(
            Streams streams, BlockStage stage, int layer, List<TensorPlan> wanted) {
        if (streams.original == null) {
            return null;
        }
        Map<TensorRole, Tensor> corrected = new EnumMap<>(TensorRole.class);
        long rows = 0;
        for (TensorRole role : stage.linears()) {
            TensorPlan plan = plans.get(TensorKey.weight(role, layer));
            if (run.plan().correctsInputs(plan)) {
                Tensor weight = streams.source.weight(role);
                rows += weight.rows();
                if (wanted.contains(plan)) {
                    corrected.put(role, weight);
                }
            }
        }
        boolean overOutputs = InputDrift.sumsOutputs(rows, wanted.get(0).cols());
        return corrected.isEmpty() ? null : new InputDrift<>(device, corrected, overOutputs);
    }

    private InputPortions portions(InputStatistics statistics, InputDrift<TensorRole> drift) {
        return new InputPortions(
                device,
                share.portionTokens(),
                (input, original) -> {
                    statistics.accumulate(input);
                    if (drift != null) {
                        drift.accumulate(original, input);
                    }
                });
    }

    private void add(
            Streams streams, BlockStage stage, int batch, InputPortions portions, boolean drifts) {
        Tensor input = streams.compressed.takeInput(batch);
        if (drifts && stage.addsToResidual()) {
            addWeighted(streams, stage, batch, portions, input);
        } else if (drifts) {
            Tensor original = streams.original.takeInput(batch);
            portions.add(input, original);
            streams.original.putInput(batch, original);
        } else {
            portions.add(input, null);
        }
        streams.compressed.putInput(batch, input);
    }

    /**
     * Inputs whose outputs are added to the residual stream count by what the next norm leaves of
     * them: each token is divided by the norm of the residual that the original has after the
     * stage. Otherwise a few tokens with huge outputs decide what the weights make up for.
     */
    private void addWeighted(
            Streams streams, BlockStage stage, int batch, InputPortions portions, Tensor input) {
        float epsilon = (float) model.config().rmsNormEpsilon();
        try (Tensor original = streams.original.leave(streams.source, stage, batch);
                Tensor weighted = device.tensor(DType.F32, input.rows(), input.cols())) {
            Tensor residual = streams.original.takeResidual(batch);
            device.divideByRms(weighted, input, residual, epsilon);
            device.divideByRms(original, original, residual, epsilon);
            streams.original.putResidual(batch, residual);
            portions.add(weighted, original);
        }
    }

    private void finish(
            DecoderBlock block,
            TensorPlan plan,
            MatrixCompressor.Result result,
            InputStatistics statistics,
            String where) {
        run.requireFinite(plan, result);
        Tensor stored = result.stored();
        run.finish(plan, run.tensors().write(plan, stored), result, deadColumns(statistics));
        if (stored.device() != device) {
            try (Tensor other = stored) {
                stored = other.copyTo(device);
            }
        }
        TensorRole role = plan.key().role();
        block.replace(role, stored);
        run.advance(where + ": " + role.id());
    }

    private void head(ActivationStream compressed) {
        if (run.finished(head)) {
            return;
        }
        try (OutputHead last = OutputHead.load(model, device);
                InputStatistics statistics =
                        new InputStatistics(device, model.config().hiddenSize());
                InputPortions portions = portions(statistics, null)) {
            for (int batch = 0; batch < batches(); batch++) {
                Tensor residual = compressed.takeResidual(batch);
                try (Tensor input = last.normalize(residual)) {
                    portions.add(input, null);
                }
                compressed.putResidual(batch, residual);
            }
            portions.finish();
            statistics.finish("output head");
            var result =
                    new MatrixCompressor(device, run.plan().recipe(), null)
                            .compress(last.weight(), head, statistics, null);
            try (Tensor stored = result.stored()) {
                run.requireFinite(head, result);
                run.finish(
                        head, run.tensors().write(head, stored), result, deadColumns(statistics));
            }
            run.advance("output head");
        }
    }

    private static Long deadColumns(InputStatistics statistics) {
        long dead = 0;
        for (boolean column : statistics.dead()) {
            dead += column ? 1 : 0;
        }
        return dead;
    }
}
