package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.device.cuda.Cuda;
import dev.lathe.measure.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole way of compression through the CUDA backend, emulated, beside the CPU's. */
class EmulatedCudaTest {
    private static final Path TINY_REASONER = Path.of("../../examples/tiny-reasoner");
    private static final String EMULATION = "cuda-emulated";

    /** Sums run in another order, so that masks and codes may differ where two are as good. */
    private static final double PERPLEXITY_SHARE = 0.005;

    private static final int LENGTH = 64;

    @TempDir private Path folder;

    @BeforeEach
    void requireEmulation() {
        Optional<String> missing = Cuda.missing(EMULATION);
        assumeTrue(missing.isEmpty(), missing::orElseThrow);
    }

    @ParameterizedTest
    @ValueSource(strings = {"half of the weights", "2:4 and Q4_0"})
    void comesOutAsOnTheProcessor(String what) throws IOException {
        RecipeBuilder recipe =
                Recipe.builder()
                        .calibration(
                                new CalibrationOptions(
                                        TINY_REASONER.resolve("calibration.txt").toString(),
                                        8,
                                        LENGTH,
                                        1L));
        if (what.contains("half")) {
            recipe.sparsity(0.5);
        }
        if (what.contains("2:4")) {
            recipe.pattern("2:4");
        }
        if (what.contains("Q4_0")) {
            recipe.type("Q4_0");
        }
        Path expected = folder.resolve("cpu.gguf");
        RunRecord cpu = compress(recipe, "cpu", expected);
        Path found = folder.resolve("cuda.gguf");
        RunRecord cuda = compress(recipe, EMULATION, found);

        assertTrue(cuda.device().startsWith(EMULATION), cuda.device());
        assertEquals(Files.size(expected), Files.size(found), "bytes of the file");
        assertEquals(cpu.outputBytes(), cuda.outputBytes());
        assertEquals(cpu.sparsity(), cuda.sparsity(), 1e-6);
        double ratio = perplexity(found) / perplexity(expected);
        assertEquals(1, ratio, PERPLEXITY_SHARE, what);
    }

    private static RunRecord compress(RecipeBuilder recipe, String device, Path output) {
        return Compression.of(TINY_REASONER).recipe(recipe.build()).device(device).writeTo(output);
    }

    /** On the processor for both, so that what is compared is the files. */
    private static double perplexity(Path model) {
        return Measurement.of(model)
                .sequences(32)
                .length(LENGTH)
                .device("cpu")
                .on(CalibrationSet.read(TINY_REASONER.resolve("held-out.txt")))
                .perplexity();
    }
}
