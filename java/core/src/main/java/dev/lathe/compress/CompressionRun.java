package dev.lathe.compress;

import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.checkpoint.CheckpointWriter;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.OutputFile;
import dev.lathe.checkpoint.RopeFrequencies;
import dev.lathe.device.Device;
import dev.lathe.device.Devices;
import dev.lathe.device.Factorization;
import dev.lathe.device.Tensor;
import dev.lathe.model.Model;
import dev.lathe.prune.PruneMethod;
import dev.lathe.quantize.Sensitivity;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One run of a {@link Compression}: opens everything, sends each tensor its way, and closes
 * everything. Tensors that need no activations are done first, one by one; the others by {@link
 * BlockPipeline}.
 */
final class CompressionRun implements AutoCloseable {
    private final Compression settings;
    private final Path output;
    private final Devices devices;
    private final DeviceThreads threads;
    private final Device device;
    private final Model model;
    private final CompressionPlan plan;
    private final Estimate estimate;
    private final List<String> notices = new ArrayList<>();
    private final Map<String, TensorRecord> records = new HashMap<>();
    private final long started = System.nanoTime();
    private RoundingImportance importance;
    private CheckpointWriter writer;
    private Journal journal;
    private TensorOutput tensors;
    private Integer batchSequences;
    private long done;
    private boolean complete;

    CompressionRun(Compression settings, Path output, Format format) {
        this.settings = settings;
        this.output = output;
        this.model = Model.open(settings.source());
        try {
            this.devices =
                    Devices.open(settings.device(), settings.threads(), settings.deviceMemory());
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
        this.device = devices.first();
        this.threads = new DeviceThreads(devices);
        try {
            this.plan = plan(format);
            this.estimate = Estimate.of(model, plan, settings.memory());
        } catch (RuntimeException e) {
            threads.close();
            devices.close();
            model.close();
            throw e;
        }
    }

    /** Mistakes of the recipe are found before anything is measured. */
    private CompressionPlan plan(Format format) {
        CompressionPlan assumed = CompressionPlan.of(model, format, settings.recipe());
        assumed.requireWritable();
        if (assumed.needsCalibration() || assumed.allocation().isPresent()) {
            model.requireComputed("calibration");
        }
        if (assumed.allocation().isEmpty()) {
            return assumed;
        }
        if (!Files.exists(Journal.pathFor(output))) {
            CheckpointWriter.requireFree(output, format, settings.replace());
        }
        Sensitivity sensitivity =
                new SensitivityFile(settings.sensitivity(), output, assumed)
                        .measured(
                                model,
                                device,
                                Estimate.activationBudget(settings.memory()),
                                this::hear);
        return CompressionPlan.of(model, format, assumed.recipe(), sensitivity);
    }

    /** Of the measurement; what it tells the user belongs into the record. */
    private void hear(ProgressEvent event) {
        if (event instanceof ProgressEvent.Notice said) {
            notice(said.message());
        } else {
            settings.listener().on(event);
        }
    }

    RunRecord run() {
        CalibrationSet calibration = null;
        try (Tokenizer tokenizer = Tokenizer.of(model.checkpoint())) {
            tokenizer.checkVocabulary(model.config().vocabularySize());
            if (plan.needsCalibration()) {
                CalibrationOptions options = settings.recipe().calibration();
                if (options.sequences() == 0) {
                    throw new UsageException(
                            "this recipe needs calibration; 0 sequences were asked for");
                }
                calibration = CalibrationSet.load(options, tokenizer);
            }
            importance = RoundingImportance.of(plan, this::notice);
            Fingerprint fingerprint = fingerprint(calibration);
            if (published(fingerprint)) {
                return end(calibration);
            }
            open(fingerprint, tokenizer);
        }
        plan.idleRules().forEach(this::notice);
        noticeSubstitutions();
        BlockPipeline pipeline = new BlockPipeline(this, calibration);
        long units = pipeline.units() + plan.tensors().stream().filter(this::countsAsWork).count();
        settings.listener().on(new ProgressEvent.Started(units));
        threads.each(
                plan.tensors().stream()
                        .filter(tensor -> !plan.needsStatistics(tensor) && tensor.output() != null)
                        .toList(),
                this::single);
        pipeline.run();
        batchSequences = pipeline.batchSequences();
        settings.listener().on(new ProgressEvent.Advanced(done, "closing the output"));
        writer.force();
        writer.finish();
        complete = true;
        journal.close();
        return end(calibration);
    }

    private RunRecord end(CalibrationSet calibration) {
        RunRecord record = writeRecord(calibration);
        Journal.remove(Journal.pathFor(output));
        return record;
    }

    /** Whether an earlier run was killed after the output had its name and before its record. */
    private boolean published(Fingerprint fingerprint) {
        if (settings.restart()) {
            return false;
        }
        Map<String, TensorRecord> finished = Journal.read(Journal.pathFor(output), fingerprint);
        boolean whole = plan.outputs().stream().allMatch(spec -> finished.containsKey(spec.name()));
        if (!whole
                || !Files.exists(output)
                || Files.exists(CheckpointWriter.partialPath(output))
                || !TensorOutput.holds(output, finished.values())) {
            return false;
        }
        records.putAll(finished);
        notice("an interrupted run had finished the output; only its record was missing");
        return true;
    }

    private Fingerprint fingerprint(CalibrationSet calibration) {
        return new Fingerprint(
                OutputFiles.version(),
                Fingerprint.ofSource(model.checkpoint()),
                recipeWithTypes(),
                calibrationChecksum(calibration),
                plan.format().name(),
                devices.names(),
                device.kernelVariant(),
                device.threads());
    }

    private String calibrationChecksum(CalibrationSet calibration) {
        if (calibration != null) {
            return calibration.sha256();
        }
        return importance == null ? "" : importance.sha256();
    }

    /** Allocated types belong to what the bytes depend on: their measurement may be made anew. */
    private String recipeWithTypes() {
        String types =
                plan.allocation().map(allocation -> " " + allocation.types().values()).orElse("");
        return settings.recipe().toJson() + types;
    }

    private void open(Fingerprint fingerprint, Tokenizer tokenizer) {
        Path path = Journal.pathFor(output);
        boolean resume = Files.exists(path) && !settings.restart();
        writer = OutputFiles.create(output, model, plan, tokenizer, settings.replace(), resume);
        tensors = new TensorOutput(model, writer);
        journal = Journal.open(path, fingerprint, !resume || !writer.resumed());
        int taken = 0;
        for (TensorPlan tensor : plan.tensors()) {
            TensorRecord record =
                    tensor.output() == null ? null : journal.finished().get(tensor.output().name());
            if (record != null && tensors.checksum(tensor).equals(record.sha256())) {
                writer.markWritten(writer.tensor(tensor.output().name()));
                records.put(record.name(), record);
                taken++;
            }
        }
        if (taken > 0) {
            notice(
                    "going on with an interrupted run: "
                            + taken
                            + " of "
                            + plan.outputs().size()
                            + " tensors are there");
        }
    }

    /** One notice for all tensors of a role; the record names each tensor. */
    private void noticeSubstitutions() {
        Map<String, Integer> tensors = new LinkedHashMap<>();
        for (TensorPlan tensor : plan.tensors()) {
            boolean standsIn = plan.standsForCandidates(tensor);
            if (tensor.substituted() || standsIn) {
                String message =
                        String.format(
                                "%s: rows of %d do not fit blocks of %s, stored as %s",
                                tensor.key().role().id(),
                                tensor.cols(),
                                standsIn ? "any candidate" : tensor.asked(),
                                tensor.storage());
                tensors.merge(message, 1, Integer::sum);
            }
        }
        tensors.forEach(
                (message, count) ->
                        notice(message + " (" + count + (count == 1 ? " tensor)" : " tensors)")));
    }

    /** A tensor that needs no activations; on each device by one thread. */
    private void single(Device where, TensorPlan tensor) {
        if (!finished(tensor)) {
            switch (tensor.action()) {
                case COPY -> {
                    try (Tensor source = model.load(where, tensor.key())) {
                        write(tensor, source, null);
                    }
                }
                case DERIVE -> finish(tensor, tensors.write(tensor, rotaryFactors()), null, null);
                case ROUND, COMPRESS -> {
                    try (Tensor source = model.load(where, tensor.key())) {
                        var result =
                                new MatrixCompressor(where, plan.recipe(), importance)
                                        .compress(source, tensor, null, null);
                        try (Tensor stored = result.stored()) {
                            write(tensor, stored, result);
                        }
                    }
                }
                case DROP -> throw new IllegalStateException(tensor + " has no output");
            }
        }
        if (countsAsWork(tensor)) {
            advance(tensor.output().name());
        }
    }

    /** One thread at a time. */
    private synchronized void write(
            TensorPlan tensor, Tensor stored, MatrixCompressor.Result result) {
        finish(tensor, tensors.write(tensor, stored), result, null);
    }

    /** Copies beside computed blocks take no time worth a unit; they would spoil the time left. */
    private boolean countsAsWork(TensorPlan tensor) {
        return tensor.output() != null
                && (tensor.action() != TensorPlan.Action.COPY || !plan.needsCalibration());
    }

    private ByteBuffer rotaryFactors() {
        float[] factors = RopeFrequencies.factors(model.config()).orElseThrow();
        ByteBuffer bytes =
                ByteBuffer.allocate(factors.length * Float.BYTES).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(factors);
        return bytes;
    }

    synchronized boolean finished(TensorPlan tensor) {
        return records.containsKey(tensor.output().name());
    }

    /** Puts a tensor whose bytes are written into journal and record. */
    synchronized void finish(
            TensorPlan tensor, String sha256, MatrixCompressor.Result result, Long deadColumns) {
        Long zeros = null;
        Double sparsity = null;
        if (tensor.sparsity().prunes()) {
            zeros = result.zeros();
            requireZeros(tensor, zeros);
            sparsity = (double) zeros / tensor.elements();
        }
        Factorization factorization = result == null ? null : result.factorization();
        boolean measured = result != null && result.squaredOutput() > 0;
        TensorRecord record =
                new TensorRecord(
                        tensor.output().name(),
                        tensor.key().role().id(),
                        tensor.action().name().toLowerCase(java.util.Locale.ROOT),
                        tensor.source() == null ? null : tensor.source().type().name(),
                        tensor.output().type().name(),
                        tensor.substituted() ? tensor.asked().name() : null,
                        tensor.storage() == tensor.output().type() ? null : tensor.storage().name(),
                        tensor.output().shape(),
                        tensor.output().byteLength(),
                        zeros,
                        sparsity,
                        factorization == null ? null : result.loss(),
                        measured ? result.squaredError() / result.squaredOutput() : null,
                        factorization == null ? null : factorization.damping(),
                        result == null ? null : result.shrinkage(),
                        factorization == null ? null : factorization.attempts(),
                        deadColumns,
                        devices.all().size() > 1 && result != null
                                ? result.stored().device().name()
                                : null,
                        sha256);
        if (factorization != null && factorization.attempts() > 1) {
            notice(
                    String.format(
                            "%s: the Hessian could not be factorised with damping %s, took %s",
                            tensor.output().name(),
                            plan.recipe().damping(),
                            factorization.damping()));
        }
        writer.force();
        journal.append(record);
        records.put(record.name(), record);
        settings.listener().on(new ProgressEvent.TensorFinished(record));
    }

    synchronized void notice(String message) {
        notices.add(message);
        settings.listener().on(new ProgressEvent.Notice(message));
    }

    synchronized void advance(String what) {
        settings.listener().on(new ProgressEvent.Advanced(++done, what));
    }

    private RunRecord writeRecord(CalibrationSet calibration) {
        List<TensorRecord> ordered =
                plan.outputs().stream().map(spec -> records.get(spec.name())).toList();
        RunRecord record =
                new RunRecord(
                        OutputFiles.version(),
                        settings.source().getFileName().toString(),
                        Fingerprint.ofSource(model.checkpoint()),
                        plan.recipe().toJson(),
                        devices.names(),
                        device.kernelVariant(),
                        device.threads(),
                        batchSequences,
                        devices.peakBytes().orElse(null),
                        calibrationRecord(calibration),
                        plan.format() == Format.GGUF ? "gguf" : "safetensors",
                        plan.simulated(),
                        plan.sourceBytes(),
                        plan.outputBytes(),
                        plan.bitsPerWeight(),
                        allocationRecord(),
                        sparsity(ordered),
                        estimate.peakBytes(),
                        ResidentMemory.peakBytes(),
                        (System.nanoTime() - started) / 1e9,
                        notices,
                        OutputFiles.written(output, plan.format()).stream()
                                .map(this::outputRecord)
                                .toList(),
                        ordered);
        Path path = RunRecord.pathFor(output, plan.format() == Format.SAFETENSORS);
        try {
            Path partial = path.resolveSibling(path.getFileName() + ".partial");
            Files.writeString(partial, record.toJson());
            Files.move(
                    partial,
                    path,
                    java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UsageException("record " + path + ": " + e, e);
        }
        return record;
    }

    private RunRecord.Allocated allocationRecord() {
        return plan.allocation()
                .map(
                        allocation ->
                                new RunRecord.Allocated(
                                        allocation.budget(),
                                        allocation.bytes(),
                                        allocation.loss(),
                                        new SensitivityFile(settings.sensitivity(), output, plan)
                                                .path()
                                                .getFileName()
                                                .toString()))
                .orElse(null);
    }

    private RunRecord.Calibration calibrationRecord(CalibrationSet calibration) {
        if (calibration == null) {
            return importance == null ? null : importance.record();
        }
        CalibrationOptions options = plan.recipe().calibration();
        return new RunRecord.Calibration(
                calibration.source(),
                options.sequences(),
                options.length(),
                calibration.tokens(),
                options.seed(),
                calibration.sha256());
    }

    private RunRecord.Output outputRecord(OutputFile file) {
        return new RunRecord.Output(
                file.path().getFileName().toString(), file.bytes(), file.sha256());
    }

    private double sparsity(List<TensorRecord> ordered) {
        long zeros =
                ordered.stream()
                        .filter(t -> t.zeros() != null)
                        .mapToLong(TensorRecord::zeros)
                        .sum();
        long weights =
                plan.tensors().stream()
                        .filter(TensorPlan::linearWeight)
                        .mapToLong(TensorPlan::elements)
                        .sum();
        return weights == 0 ? 0 : (double) zeros / weights;
    }

    /** Masks have exactly the zeros that were asked for; anything else is an error of ours. */
    private void requireZeros(TensorPlan tensor, long zeros) {
        long cols = tensor.cols();
        long rows = tensor.elements() / cols;
        boolean perRow = PruneMethod.of(plan.recipe().method()) == PruneMethod.WANDA;
        long expected =
                perRow
                        ? tensor.sparsity().zerosPerRow(rows, cols)
                        : tensor.sparsity().zeros(rows, cols);
        if (zeros != expected) {
            throw new LatheException(
                    String.format(
                            "tensor '%s': the mask has %d zeros, expected %d",
                            tensor.output().name(), zeros, expected));
        }
    }

    /** Checks what was compressed before it is written. */
    void requireFinite(TensorPlan tensor, MatrixCompressor.Result result) {
        if (!Double.isFinite(result.squaredError()) || !Double.isFinite(result.loss())) {
            throw new DataException(
                    "tensor '" + tensor.output().name() + "': compression gave NaN or infinity");
        }
    }

    Device device() {
        return device;
    }

    DeviceThreads threads() {
        return threads;
    }

    Model model() {
        return model;
    }

    CompressionPlan plan() {
        return plan;
    }

    Estimate estimate() {
        return estimate;
    }

    TensorOutput tensors() {
        return tensors;
    }

    Path workFolder() {
        return output.getParent();
    }

    @Override
    public void close() {
        if (journal != null && !complete) {
            // A failure leaves nothing behind; what a kill leaves is taken up by the next run.
            journal.remove();
        }
        if (writer != null) {
            writer.close();
        }
        threads.close();
        devices.close();
        model.close();
    }
}
