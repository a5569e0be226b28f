package dev.lathe.compress;

import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.calibrate.InputDrift;
import dev.lathe.calibrate.InputStatistics;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.BlockStage;
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
    private final int batchSequences;
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
        this.batchSequences =
                calibration == null
                        ? 0
                        : Math.max(1, Estimate.BATCH_TOKENS / calibration.sequences()[0].length);
    }

    /** Units of work: each batch through each stage, so that a bar moves evenly. */
    long units() {
        if (calibration == null) {
            return 0;
        }
        return (long) model.config().layers() * BlockStage.values().length * batches();
    }

    private int batches() {
        return (calibration.sequences().length + batchSequences - 1) / batchSequences;
    }

    void run() {
        if (calibration == null || remaining().isEmpty()) {
            return;
        }
        int last = lastLayer();
        boolean corrects = remaining().stream().anyMatch(run.plan()::correctsInputs);
        try (ActivationStream compressed = stream(corrects);
                ActivationStream original = corrects ? stream(true) : null) {
            embed(compressed, original);
            for (int layer = 0; layer <= last; layer++) {
                block(layer, compressed, original);
            }
            if (head != null) {
                head(compressed);
            }
        }
    }

    /**
     * A stream with its share of the budget. Residuals are needed twice as often as inputs; they
     * get theirs first.
     */
    private ActivationStream stream(boolean oneOfTwo) {
        long budget = run.estimate().activationBytes() / (oneOfTwo ? 2 : 1);
        long residualBytes = calibration.tokens() * model.config().hiddenSize() * Float.BYTES;
        long residualBudget = Math.min(budget, residualBytes);
        return new ActivationStream(
                device,
                calibration,
                batchSequences,
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

    private void block(int layer, ActivationStream compressed, ActivationStream original) {
        try (DecoderBlock block = DecoderBlock.load(model, device, layer);
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
                stage(streams, before, stage, layer, wanted);
                before = stage;
            }
            for (int batch = 0; batch < compressed.batches(); batch++) {
                streams.advance(before, batch, null);
            }
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
                streams.advance(before, batch, stage);
                run.advance(where);
            }
            return;
        }
        long cols = wanted.get(0).cols();
        try (InputStatistics statistics = new InputStatistics(device, cols);
                InputDrift<TensorRole> drift = drift(streams, wanted)) {
            for (int batch = 0; batch < streams.compressed.batches(); batch++) {
                streams.advance(before, batch, stage);
                accumulate(streams, batch, statistics, drift);
                run.advance(where);
            }
            statistics.finish(where + ", inputs of " + wanted.get(0).key().role().id());
            for (TensorPlan plan : wanted) {
                compress(streams.block, plan, statistics, drift, where);
            }
        }
    }

    /** Null where no layer of the stage makes up for changed inputs. */
    private InputDrift<TensorRole> drift(Streams streams, List<TensorPlan> wanted) {
        Map<TensorRole, Tensor> corrected = new EnumMap<>(TensorRole.class);
        for (TensorPlan plan : wanted) {
            if (streams.original != null && run.plan().correctsInputs(plan)) {
                TensorRole role = plan.key().role();
                corrected.put(role, streams.source.weight(role));
            }
        }
        return corrected.isEmpty() ? null : new InputDrift<>(device, corrected);
    }

    private static void accumulate(
            Streams streams, int batch, InputStatistics statistics, InputDrift<TensorRole> drift) {
        Tensor input = streams.compressed.takeInput(batch);
        statistics.accumulate(input);
        if (drift != null) {
            Tensor expected = streams.original.takeInput(batch);
            drift.accumulate(expected, input);
            streams.original.putInput(batch, expected);
        }
        streams.compressed.putInput(batch, input);
    }

    private void compress(
            DecoderBlock block,
            TensorPlan plan,
            InputStatistics statistics,
            InputDrift<TensorRole> drift,
            String where) {
        TensorRole role = plan.key().role();
        boolean corrects = drift != null && run.plan().correctsInputs(plan);
        var result =
                new MatrixCompressor(device, run.plan().recipe(), null)
                        .compress(block.weight(role), plan, statistics, corrects ? drift : null);
        run.requireFinite(plan, result);
        String sha256 = run.tensors().write(plan, result.stored());
        run.finish(plan, sha256, result, deadColumns(statistics));
        block.replace(role, result.stored());
        run.advance(where + ": " + role.id());
    }

    private void head(ActivationStream compressed) {
        if (run.finished(head)) {
            return;
        }
        try (OutputHead last = OutputHead.load(model, device);
                InputStatistics statistics =
                        new InputStatistics(device, model.config().hiddenSize())) {
            for (int batch = 0; batch < batches(); batch++) {
                Tensor residual = compressed.takeResidual(batch);
                try (Tensor input = last.normalize(residual)) {
                    statistics.accumulate(input);
                }
                compressed.putResidual(batch, residual);
            }
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
