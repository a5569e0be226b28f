package dev.lathe.interop;

import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every type that llama.cpp b4916 has, in a model whose rows fit all of them. */
class EmbeddedLlamaTypesTest {
    /** TQ2_0, the last type that b4916 has. */
    private static final int LAST_ID = 35;

    private static final String PROMPT = "Hello, the world and all that is in it.";
    private static final int COUNT = 8;

    @TempDir static Path shared;
    @TempDir Path folder;

    @BeforeAll
    static void writeModel() throws IOException {
        RandomLlama.write(shared.resolve("model"));
    }

    static List<DType> types() {
        return RandomLlama.types().stream().filter(type -> type.id() <= LAST_ID).toList();
    }

    @ParameterizedTest
    @MethodSource("types")
    void everyTypeRuns(DType type, TestReporter reporter) throws IOException, InterruptedException {
        Path gguf = RandomLlama.compress(shared.resolve("model"), type, folder);
        Agreement agreement = Agreement.of(gguf, gguf, PROMPT, List.of(), COUNT, true, folder);
        reporter.publishEntry(type.name(), agreement.toString());
        agreement.requireWithin(type.name(), Rounding.bound(type), COUNT);
    }
}
