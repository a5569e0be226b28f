package dev.lathe.interop;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every type that llama.cpp b4916 has, in a model whose rows fit all of them.
 *
 * <p>llama.cpp rounds the inputs of a product with a quantized matrix to 8 bits, blocks of 32 or
 * 256 with one scale: of bell-shaped values, whose greatest is near 2 or 3 deviations, 3 / 127 /
 * √12 = 0.7 % get lost, of SwiGLU's products with their longer tails up to twice that. Four such
 * roundings lie on the way through a block, and errors add as squares: √(2·(3·0.7² + 1.4²)) = 2.6 %
 * for two blocks. Half as much again is allowed; a block read wrongly would err by half or more.
 */
class EmbeddedLlamaTypesTest {
    private static final double BOUND = 0.04;

    /** TQ2_0, the last type that b4916 has. */
    private static final int LAST_ID = 35;

    private static final String TEXT =
            "../../python-interop/lathe_interop/calibration/written/stories.txt";
    private static final String PROMPT = "Hello, the world and all that is in it.";
    private static final int COUNT = 8;

    @TempDir static Path shared;
    @TempDir Path folder;

    @BeforeAll
    static void writeModel() throws IOException {
        RandomLlama.write(shared.resolve("model"));
    }

    static Stream<String> types() {
        return DType.all().stream()
                .filter(type -> type.encodable() && type.id() <= LAST_ID)
                .map(DType::name);
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyTypeRuns(String type, TestReporter reporter)
            throws IOException, InterruptedException {
        Path gguf = folder.resolve("model.gguf");
        Recipe recipe =
                Recipe.EMPTY
                        .withType(type)
                        .withCalibration(new CalibrationOptions(TEXT, 8, 64, 1L));
        Compression.of(shared.resolve("model")).recipe(recipe).writeTo(gguf);
        Agreement agreement = Agreement.of(gguf, PROMPT, List.of(), COUNT, true, folder);
        reporter.publishEntry(type, agreement.toString());
        agreement.requireWithin(type, BOUND, COUNT);
    }
}
