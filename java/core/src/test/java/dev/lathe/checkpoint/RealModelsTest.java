package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Published GGUF files from the folder that LATHE_MODELS names; skipped where they are not there.
 */
class RealModelsTest {
    private static final String SMOLLM = "SmolLM2-135M-Instruct.Q4_1.gguf";
    private static final String QWEN = "Qwen2.5-Coder-1.5B-Instruct.Q4_K_M.gguf";

    private static Path model(String name) {
        String folder = System.getenv("LATHE_MODELS");
        assumeTrue(folder != null, "LATHE_MODELS is not set");
        Path path = Path.of(folder, name);
        assumeTrue(Files.exists(path), path + " is not there");
        return path;
    }

    private static Map<String, Integer> types(Checkpoint checkpoint) {
        Map<String, Integer> types = new TreeMap<>();
        checkpoint.tensors().forEach(tensor -> types.merge(tensor.type().name(), 1, Integer::sum));
        return types;
    }

    /** Counts and sizes as the gguf package's reader prints them for this file. */
    @Test
    void smolLm2() {
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(model(SMOLLM))) {
            assertEquals(Map.of("Q4_1", 210, "F32", 61, "Q8_0", 1), types(checkpoint));
            ModelConfig config = ModelConfig.read(checkpoint);
            assertEquals(ModelFamily.LLAMA, config.family());
            assertEquals(30, config.layers());
            assertEquals(9, config.heads());
            assertEquals(3, config.kvHeads());
            assertEquals(64, config.headSize());
            assertEquals(49152, config.vocabularySize());
            assertEquals(1e-5, config.rmsNormEpsilon());
            assertEquals(100000, config.ropeTheta());
            assertEquals(272, TensorNames.index(checkpoint, 30).size());
            assertEquals(49152, checkpoint.metadata().strings("tokenizer.ggml.tokens").size());
        }
    }

    @Test
    void qwen25() {
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(model(QWEN))) {
            assertEquals(Map.of("Q4_K", 169, "F32", 141, "Q6_K", 29), types(checkpoint));
            ModelConfig config = ModelConfig.read(checkpoint);
            assertEquals(ModelFamily.QWEN2, config.family());
            assertEquals(28, config.layers());
            assertEquals(128, config.headSize());
            assertEquals(151936, config.vocabularySize());
            assertEquals(List.of(151645), config.eosTokenIds());
            assertEquals(339, TensorNames.index(checkpoint, 28).size());
            TensorInfo down = checkpoint.tensor("blk.0.ffn_down.weight");
            assertEquals(List.of(1536L, 8960L), down.shape());
            assertEquals(8960 / 256 * 210, down.rowBytes());
        }
    }

    /** Untouched metadata and tensors have the same header as another program wrote for them. */
    @ParameterizedTest
    @ValueSource(strings = {SMOLLM, QWEN})
    void headerIsWrittenAsItWasRead(String name, @TempDir Path folder) throws IOException {
        Path path = model(name);
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(path)) {
            List<TensorSpec> tensors = checkpoint.tensors().stream().map(TensorSpec::of).toList();
            Path copy = folder.resolve("copy.gguf");
            try (GgufWriter writer =
                    GgufWriter.create(
                            copy, checkpoint.metadata(), tensors, WriteOptions.defaults())) {
                for (TensorInfo tensor : checkpoint.tensors()) {
                    TensorInfo planned = writer.tensor(tensor.name());
                    assertEquals(tensor.offset(), planned.offset(), tensor.name());
                }
                int header = Math.toIntExact(checkpoint.tensors().get(0).offset());
                Path partial = folder.resolve("copy.gguf.partial");
                assertEquals(Files.size(path), Files.size(partial));
                assertArrayEquals(start(path, header), start(partial, header));
            }
        }
    }

    /** Reading and writing every byte gives the published file again. */
    @Test
    void copyIsTheSameFile(@TempDir Path folder) {
        Path path = model(SMOLLM);
        Path copy = folder.resolve("copy.gguf");
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(path);
                GgufWriter writer =
                        GgufWriter.create(
                                copy,
                                checkpoint.metadata(),
                                checkpoint.tensors().stream().map(TensorSpec::of).toList(),
                                WriteOptions.defaults())) {
            for (TensorInfo tensor : checkpoint.tensors()) {
                byte[] bytes = TensorValues.bytes(checkpoint, tensor);
                writer.write(writer.tensor(tensor.name()), 0, ByteBuffer.wrap(bytes));
            }
            writer.finish();
            OutputFile expected = OutputFile.of(path);
            assertEquals(
                    List.of(new OutputFile(copy, expected.bytes(), expected.sha256())),
                    writer.outputs());
        }
    }

    private static byte[] start(Path path, int count) throws IOException {
        try (InputStream input = Files.newInputStream(path)) {
            return input.readNBytes(count);
        }
    }
}
