package dev.lathe.compress;

import dev.lathe.calibrate.InputDrift;
import dev.lathe.calibrate.InputStatistics;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.DecoderBlock;
import dev.lathe.model.Model;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;

/**
 * Compresses the matrices of a stage, which share their inputs and do not wait for each other: each
 * on one of the devices, the greatest dealt out first. Every device does the same arithmetic, so
 * that who does what changes no bit.
 *
 * <p>The other devices get the statistics from the first and weights from the source.
 */
final class LayerCompression {
    private final DeviceThreads threads;
    private final Model model;
    private final CompressionPlan plan;

    LayerCompression(DeviceThreads threads, Model model, CompressionPlan plan) {
        this.threads = threads;
        this.model = model;
        this.plan = plan;
    }

    /**
     * Compresses.
     *
     * @param block holds the weights
     * @param wanted the matrices
     * @param statistics of their inputs, on the first device
     * @param drift what their inputs have moved by, or null
     * @param finished takes each result, on the calling thread, as the owner of what is stored; it
     *     may lie on any of the devices
     */
    void compress(
            DecoderBlock block,
            List<TensorPlan> wanted,
            InputStatistics statistics,
            InputDrift<TensorRole> drift,
            BiConsumer<TensorPlan, MatrixCompressor.Result> finished) {
        List<Device> devices = threads.devices().all();
        List<List<TensorPlan>> shares = deal(wanted, devices.size());
        List<Share> others = new ArrayList<>();
        try {
            for (int i = 1; i < devices.size(); i++) {
                if (!shares.get(i).isEmpty()) {
                    others.add(new Share(devices.get(i), shares.get(i), statistics, drift));
                }
            }
            for (TensorPlan matrix : shares.get(0)) {
                Tensor source = block.weight(matrix.key().role());
                finished.accept(
                        matrix, compress(devices.get(0), matrix, source, statistics, drift));
            }
            for (Share share : others) {
                share.handOver(finished);
            }
        } finally {
            others.forEach(Share::close);
        }
    }

    /** The matrices of each device: the greatest first, to the device with the least to do. */
    private static List<List<TensorPlan>> deal(List<TensorPlan> wanted, int devices) {
        List<List<TensorPlan>> shares = new ArrayList<>();
        for (int i = 0; i < devices; i++) {
            shares.add(new ArrayList<>());
        }
        List<TensorPlan> greatestFirst = new ArrayList<>(wanted);
        greatestFirst.sort(Comparator.comparingLong(TensorPlan::elements).reversed());
        greatestFirst.forEach(matrix -> leastLoaded(shares).add(matrix));
        return shares;
    }

    private MatrixCompressor.Result compress(
            Device device,
            TensorPlan matrix,
            Tensor source,
            InputStatistics statistics,
            InputDrift<TensorRole> drift) {
        boolean corrects = drift != null && plan.correctsInputs(matrix);
        return new MatrixCompressor(device, plan.recipe(), null)
                .compress(source, matrix, statistics, corrects ? drift : null);
    }

    private static List<TensorPlan> leastLoaded(List<List<TensorPlan>> shares) {
        return shares.stream()
                .min(
                        Comparator.comparingLong(
                                share -> share.stream().mapToLong(TensorPlan::elements).sum()))
                .orElseThrow();
    }

    /** What another device does of a stage, on its own thread. */
    private final class Share implements AutoCloseable {
        private final Device device;
        private final List<TensorPlan> matrices;
        private final InputStatistics statistics;
        private final InputDrift<TensorRole> drift;
        private final List<MatrixCompressor.Result> results = new ArrayList<>();
        private final Future<?> work;
        private int handedOver;

        Share(
                Device device,
                List<TensorPlan> matrices,
                InputStatistics statistics,
                InputDrift<TensorRole> drift) {
            this.device = device;
            this.matrices = matrices;
            List<TensorRole> roles = matrices.stream().map(matrix -> matrix.key().role()).toList();
            this.statistics = statistics.copyTo(device);
            this.drift = drift == null ? null : drift.copyTo(device, roles);
            this.work = threads.begin(this::run);
        }

        private void run() {
            for (TensorPlan matrix : matrices) {
                try (Tensor source = model.load(device, matrix.key())) {
                    results.add(compress(device, matrix, source, statistics, drift));
                }
            }
        }

        void handOver(BiConsumer<TensorPlan, MatrixCompressor.Result> finished) {
            DeviceThreads.end(work);
            while (handedOver < results.size()) {
                int next = handedOver++;
                finished.accept(matrices.get(next), results.get(next));
            }
        }

        /** What the thread threw, {@link #handOver} throws. */
        @Override
        public void close() {
            DeviceThreads.await(work);
            for (int i = handedOver; i < results.size(); i++) {
                results.get(i).stored().close();
            }
            statistics.close();
            if (drift != null) {
                drift.close();
            }
        }
    }
}
