package dev.lathe.measure;

import dev.lathe.calibrate.InputStatistics;
import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.ObsStep;
import dev.lathe.device.Scope;
import dev.lathe.device.Tensor;
import dev.lathe.model.BlockStage;
import dev.lathe.model.DecoderBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Times what a compression spends its time on. Results depend on what else the machine does. */
public final class Benchmark {
    private static final double SPARSITY = 0.5;
    private static final double DAMPING = 0.01;

    private final BenchmarkSizes sizes;

    /**
     * Chooses the amount of work.
     *
     * @param sizes how large matrices are
     */
    public Benchmark(BenchmarkSizes sizes) {
        this.sizes = sizes;
    }

    /**
     * The number of things that are timed.
     *
     * @return how often {@link #run} calls its listener
     */
    public int steps() {
        return 2 + sizes.blocks().size() + types().size();
    }

    /**
     * Times everything.
     *
     * @param device the device
     * @param listener hears what is timed next
     * @return the report
     * @throws dev.lathe.UsageException if the temporary folder cannot be written
     */
    public BenchmarkReport run(Device device, Consumer<String> listener) {
        try (GemmRate gemm = new GemmRate(device, sizes.tokens(), sizes.gemm(), sizes.gemm())) {
            List<BenchmarkReport.Forward> forward = new ArrayList<>();
            List<SideBySide> compared = new ArrayList<>();
            sizes.blocks()
                    .forEach(
                            (name, config) -> {
                                listener.accept("block of " + name);
                                SideBySide times = forward(device, gemm, config);
                                compared.add(times);
                                forward.add(forward(name, times));
                            });
            BenchmarkReport.Hessian hessian;
            BenchmarkReport.SparseGpt sparseGpt;
            try (InputStatistics statistics = new InputStatistics(device, sizes.layer())) {
                listener.accept("Hessian");
                SideBySide times = accumulate(device, gemm, statistics);
                compared.add(times);
                hessian = hessian(times);
                listener.accept("SparseGPT");
                sparseGpt = sparseGpt(device, statistics);
            }
            List<BenchmarkReport.Codec> codecs = new ArrayList<>();
            for (DType type : types()) {
                listener.accept(type.name());
                codecs.add(codec(device, type));
            }
            return new BenchmarkReport(
                    device.name(),
                    device.kernelVariant(),
                    device.threads(),
                    compared.stream().mapToDouble(SideBySide::gemmRate).max().orElseThrow() / 1e9,
                    forward,
                    hessian,
                    sparseGpt,
                    codecs);
        }
    }

    private SideBySide forward(Device device, GemmRate gemm, ModelConfig config) {
        try (RandomModel random = RandomModel.create(config, device);
                DecoderBlock block = DecoderBlock.load(random.model(), device, 0);
                Tensor residual =
                        RandomTensors.uniform(
                                device,
                                new SplittableRandom(2),
                                sizes.tokens(),
                                config.hiddenSize(),
                                1)) {
            return SideBySide.time(
                    device,
                    gemm,
                    sizes.repeats(),
                    forwardOperations(config),
                    () -> block.forward(residual, sizes.length()));
        }
    }

    private BenchmarkReport.Forward forward(String name, SideBySide times) {
        return new BenchmarkReport.Forward(
                name,
                sizes.tokens(),
                sizes.length(),
                times.seconds(),
                sizes.tokens() / times.seconds(),
                times.rate() / 1e9,
                times.share());
    }

    /** Two for each weight and token; attention looks at half of a sequence on average, twice. */
    private double forwardOperations(ModelConfig config) {
        double weights = 0;
        for (BlockStage stage : BlockStage.values()) {
            for (TensorRole role : stage.linears()) {
                weights += (double) config.rows(role) * config.cols(role);
            }
        }
        return 2.0 * sizes.tokens() * (weights + (double) sizes.length() * config.queryWidth());
    }

    /** Leaves statistics of at least twice as many different tokens as the layer has columns. */
    private SideBySide accumulate(Device device, GemmRate gemm, InputStatistics statistics) {
        SplittableRandom random = new SplittableRandom(3);
        double operations = (double) sizes.tokens() * sizes.layer() * sizes.layer();
        SideBySide times;
        try (Tensor input =
                RandomTensors.uniform(device, random, sizes.tokens(), sizes.layer(), 1)) {
            times =
                    SideBySide.time(
                            device,
                            gemm,
                            sizes.repeats(),
                            operations,
                            () -> statistics.accumulate(input));
        }
        for (long fresh = 0; fresh < 2 * sizes.layer(); fresh += sizes.tokens()) {
            try (Tensor input =
                    RandomTensors.uniform(device, random, sizes.tokens(), sizes.layer(), 1)) {
                statistics.accumulate(input);
            }
        }
        statistics.finish("benchmark");
        return times;
    }

    private BenchmarkReport.Hessian hessian(SideBySide times) {
        return new BenchmarkReport.Hessian(
                sizes.tokens(), sizes.layer(), times.seconds(), times.rate() / 1e9, times.share());
    }

    private BenchmarkReport.SparseGpt sparseGpt(Device device, InputStatistics statistics) {
        long size = sizes.layer();
        ObsStep step = ObsStep.unstructured(SPARSITY);
        try (Scope scope = device.scope()) {
            Tensor factor = scope.tensor(DType.F32, size, size);
            double inverse =
                    Stopwatch.best(
                            device,
                            1,
                            () -> device.inverseFactor(factor, statistics.hessian(), DAMPING, 0));
            Tensor original =
                    scope.add(
                            RandomTensors.uniform(
                                    device,
                                    new SplittableRandom(4),
                                    size,
                                    size,
                                    1 / Math.sqrt(size)));
            Tensor w = scope.tensor(DType.F32, size, size);
            long[] zeros = new long[1];
            double prune = Double.POSITIVE_INFINITY;
            for (int i = 0; i < sizes.repeats(); i++) {
                w.copyFrom(original);
                double seconds =
                        Stopwatch.seconds(
                                device,
                                () ->
                                        zeros[0] =
                                                device.obsCompress(w, factor, step, null, null)
                                                        .zeros());
                prune = Math.min(prune, seconds);
            }
            return new BenchmarkReport.SparseGpt(
                    size, size, SPARSITY, zeros[0], inverse, prune, inverse + prune);
        }
    }

    private BenchmarkReport.Codec codec(Device device, DType type) {
        try (Scope scope = device.scope()) {
            SplittableRandom random = new SplittableRandom(5);
            long rows = sizes.codecRows();
            long cols = sizes.layer();
            Tensor w = scope.add(RandomTensors.uniform(device, random, rows, cols, 1));
            float[] weights = new float[(int) cols];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) random.nextDouble(0.1, 10);
            }
            Tensor importance = scope.tensor(DType.F32, 1, cols).set(weights);
            Tensor packed = scope.tensor(type, rows, cols);
            double encode =
                    Stopwatch.best(
                            device,
                            sizes.repeats(),
                            () -> device.quantize(packed, w, importance, false));
            double decode =
                    Stopwatch.best(device, sizes.repeats(), () -> device.dequantize(w, packed));
            double nanoseconds = 1e9 / w.elements();
            return new BenchmarkReport.Codec(
                    type.name(), encode * nanoseconds, decode * nanoseconds);
        }
    }

    /** What can be written, but for F32, which is copied. */
    private static List<DType> types() {
        return DType.all().stream().filter(type -> type.encodable() && type != DType.F32).toList();
    }
}
