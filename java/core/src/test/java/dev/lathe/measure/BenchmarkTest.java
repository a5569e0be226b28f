package dev.lathe.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.checkpoint.ModelFamily;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchmarkTest {
    private static final BenchmarkSizes TINY =
            new BenchmarkSizes(
                    256,
                    64,
                    32,
                    Map.of("tiny", BenchmarkSizes.block(ModelFamily.QWEN2, 64, 96, 4, 2)),
                    256,
                    4,
                    1);

    @Test
    void everythingIsTimed() {
        Benchmark benchmark = new Benchmark(TINY);
        List<String> steps = new ArrayList<>();
        BenchmarkReport report;
        try (Device device = Device.open("cpu", 1)) {
            report = benchmark.run(device, steps::add);
            assertEquals(0, device.allocatedBytes(), "memory is given back");
        }
        assertEquals(benchmark.steps(), steps.size());
        assertTrue(report.sgemmGflops() > 0);
        BenchmarkReport.Forward forward = report.forward().get(0);
        // Weights of q, k, v, o, gate, up, down; attention over half of 32 tokens, twice.
        double weights = 64 * 64 + 2 * 64 * 32 + 64 * 64 + 3 * 64 * 96;
        double operations = 2 * 64 * (weights + 32 * 64);
        assertEquals(operations / 1e9, forward.gflops() * forward.seconds(), 1e-12);
        // One turn: its share is that of the best times, over a product that may not be the
        // fastest.
        assertTrue(forward.sgemmShare() >= forward.gflops() / report.sgemmGflops() * (1 - 1e-9));
        BenchmarkReport.Hessian hessian = report.hessian();
        assertEquals(64.0 * 256 * 256 / 1e9, hessian.gflops() * hessian.seconds(), 1e-12);
        assertEquals(256 * 256 / 2, report.sparseGpt().zeros());
        assertEquals(
                DType.all().stream().filter(DType::encodable).count() - 1, report.types().size());
        for (BenchmarkReport.Codec codec : report.types()) {
            assertTrue(codec.encodeNanoseconds() > 0 && codec.decodeNanoseconds() > 0);
        }
    }
}
