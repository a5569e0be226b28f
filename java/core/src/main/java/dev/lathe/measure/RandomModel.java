package dev.lathe.measure;

import dev.lathe.UsageException;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.GgufConfig;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.checkpoint.GgufWriter;
import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.checkpoint.TensorSpec;
import dev.lathe.checkpoint.WriteOptions;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.device.Transfer;
import dev.lathe.model.BlockStage;
import dev.lathe.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A model of random weights in a temporary file, to be timed through the same code as any other:
 * linear layers in BF16, norms and biases in F32.
 */
final class RandomModel implements AutoCloseable {
    private final Path file;
    private final Model model;

    private RandomModel(Path file, Model model) {
        this.file = file;
        this.model = model;
    }

    /**
     * Writes and opens a model.
     *
     * @param config its sizes
     * @param device encodes the weights
     * @throws UsageException if the temporary folder cannot be written
     */
    static RandomModel create(ModelConfig config, Device device) {
        Path file;
        try {
            file = Files.createTempFile("lathe-random-model", ".gguf");
        } catch (IOException e) {
            throw new UsageException("a temporary file cannot be made: " + e, e);
        }
        try {
            write(file, config, device);
            return new RandomModel(file, Model.open(file));
        } catch (RuntimeException e) {
            delete(file);
            throw e;
        }
    }

    Model model() {
        return model;
    }

    private static void write(Path file, ModelConfig config, Device device) {
        GgufMetadata.Builder metadata = GgufMetadata.builder();
        GgufConfig.write(config, "random", 0, metadata);
        List<TensorSpec> specs = specs(config);
        WriteOptions options = WriteOptions.defaults().withReplace(true);
        SplittableRandom random = new SplittableRandom(1);
        try (GgufWriter writer = GgufWriter.create(file, metadata.build(), specs, options)) {
            for (TensorInfo tensor : writer.tensors()) {
                double deviation = tensor.shape().size() == 1 ? 1 : 1 / Math.sqrt(tensor.cols());
                try (Tensor values =
                                RandomTensors.uniform(
                                        device, random, tensor.rows(), tensor.cols(), deviation);
                        Tensor stored =
                                device.tensor(tensor.type(), tensor.rows(), tensor.cols())) {
                    if (tensor.type() == DType.F32) {
                        stored.copyFrom(values);
                    } else {
                        device.quantize(stored, values, null, false);
                    }
                    Transfer.run(
                            stored.bytes(),
                            stored::download,
                            (offset, piece) -> writer.write(tensor, offset, piece));
                }
            }
            writer.finish();
        }
    }

    private static List<TensorSpec> specs(ModelConfig config) {
        Map<TensorKey, List<Long>> shapes = new LinkedHashMap<>();
        long hidden = config.hiddenSize();
        List<Long> table = List.of((long) config.vocabularySize(), hidden);
        shapes.put(TensorKey.weight(TensorRole.EMBEDDING), table);
        shapes.put(TensorKey.weight(TensorRole.FINAL_NORM), List.of(hidden));
        for (int layer = 0; layer < config.layers(); layer++) {
            shapes.put(TensorKey.weight(TensorRole.INPUT_NORM, layer), List.of(hidden));
            shapes.put(TensorKey.weight(TensorRole.POST_ATTENTION_NORM, layer), List.of(hidden));
            for (BlockStage stage : BlockStage.values()) {
                for (TensorRole role : stage.linears()) {
                    List<Long> shape = List.of(config.rows(role), config.cols(role));
                    shapes.put(TensorKey.weight(role, layer), shape);
                    if (config.attentionBias() && stage == BlockStage.ATTENTION) {
                        shapes.put(TensorKey.bias(role, layer), shape.subList(0, 1));
                    }
                }
            }
        }
        List<TensorSpec> specs = new ArrayList<>();
        shapes.forEach(
                (key, shape) -> {
                    DType type = shape.size() == 1 ? DType.F32 : DType.BF16;
                    specs.add(new TensorSpec(TensorNames.of(key, Format.GGUF), type, shape));
                });
        return specs;
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UsageException(file + " cannot be removed: " + e, e);
        }
    }

    @Override
    public void close() {
        model.close();
        delete(file);
    }
}
