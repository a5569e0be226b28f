package dev.lathe.compress;

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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compresses the tensors that need to see their inputs, block by block and stage by stage, each
 * stage over all calibration sequences: every stage sees the compressed weights before it, one
 * Hessian is alive at a time, and the block's outputs are the next block's inputs.
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
        long budget = run.estimate().activationBytes();
        // The residual stream is needed twice as often as the inputs; it gets its share of the
        // budget first.
        long residualBytes = calibration.tokens() * model.config().hiddenSize() * Float.BYTES;
        long residualBudget = Math.min(budget, residualBytes);
        try (ActivationStore residuals =
                        new ActivationStore(device, residualBudget, run.workFolder());
                ActivationStore inputs =
                        new ActivationStore(device, budget - residualBudget, run.workFolder())) {
            embed(residuals);
            int last = lastLayer();
            for (int layer = 0; layer <= last; layer++) {
                block(layer, residuals, inputs);
            }
            if (head != null) {
                head(residuals);
            }
        }
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

    private void embed(ActivationStore residuals) {
        TensorPlan plan = plans.get(TensorKey.weight(TensorRole.EMBEDDING));
        // A tied embedding that is compressed as the head is not there yet: then the source's
        // serves.
        boolean written = run.finished(plan) && plan.action() != TensorPlan.Action.COPY;
        try (Tensor table =
                written ? run.tensors().load(plan, device) : model.load(device, plan.key())) {
            for (int batch = 0; batch < batches(); batch++) {
                int[] tokens = tokens(batch);
                Tensor residual = device.tensor(DType.F32, tokens.length, table.cols());
                device.embedding(residual, table, tokens);
                residuals.put(batch, residual);
            }
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

    private void block(int layer, ActivationStore residuals, ActivationStore inputs) {
        try (DecoderBlock block = DecoderBlock.load(model, device, layer)) {
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
                stage(block, before, stage, layer, wanted, residuals, inputs);
                before = stage;
            }
            for (int batch = 0; batch < batches(); batch++) {
                residuals.put(batch, leave(block, before, batch, residuals, inputs, null));
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
            DecoderBlock block,
            BlockStage before,
            BlockStage stage,
            int layer,
            List<TensorPlan> wanted,
            ActivationStore residuals,
            ActivationStore inputs) {
        long cols = block.weight(stage.linears().get(0)).cols();
        InputStatistics statistics = wanted.isEmpty() ? null : new InputStatistics(device, cols);
        String where = "block " + (layer + 1) + " of " + model.config().layers();
        try {
            for (int batch = 0; batch < batches(); batch++) {
                Tensor residual = leave(block, before, batch, residuals, inputs, stage);
                if (statistics != null) {
                    Tensor input = inputs.take(batch);
                    statistics.accumulate(input);
                    inputs.put(batch, input);
                }
                residuals.put(batch, residual);
                run.advance(where);
            }
            if (statistics != null) {
                statistics.finish(where + ", inputs of " + wanted.get(0).key().role().id());
                for (TensorPlan plan : wanted) {
                    compress(block, plan, statistics, where);
                }
            }
        } finally {
            if (statistics != null) {
                statistics.close();
            }
        }
    }

    /**
     * Ends one stage for a batch and begins the next, whose input it stores.
     *
     * @return the residual stream, taken out of its store
     */
    private Tensor leave(
            DecoderBlock block,
            BlockStage before,
            int batch,
            ActivationStore residuals,
            ActivationStore inputs,
            BlockStage next) {
        Tensor residual = residuals.take(batch);
        Tensor carried = null;
        if (before != null) {
            try (Tensor input = inputs.take(batch)) {
                carried = block.leave(before, residual, input, calibration.sequences()[0].length);
            }
        }
        if (next != null) {
            inputs.put(batch, block.enter(next, residual, carried));
        }
        return residual;
    }

    private void compress(
            DecoderBlock block, TensorPlan plan, InputStatistics statistics, String where) {
        TensorRole role = plan.key().role();
        var result =
                new MatrixCompressor(device, run.plan().recipe(), null)
                        .compress(block.weight(role), plan, statistics);
        run.requireFinite(plan, result);
        String sha256 = run.tensors().write(plan, result.stored());
        run.finish(plan, sha256, result, deadColumns(statistics));
        block.replace(role, result.stored());
        run.advance(where + ": " + role.id());
    }

    private void head(ActivationStore residuals) {
        if (run.finished(head)) {
            return;
        }
        try (OutputHead last = OutputHead.load(model, device);
                InputStatistics statistics =
                        new InputStatistics(device, model.config().hiddenSize())) {
            for (int batch = 0; batch < batches(); batch++) {
                Tensor residual = residuals.take(batch);
                try (Tensor input = last.normalize(residual)) {
                    statistics.accumulate(input);
                }
                residuals.put(batch, residual);
            }
            statistics.finish("output head");
            var result =
                    new MatrixCompressor(device, run.plan().recipe(), null)
                            .compress(last.weight(), head, statistics);
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
