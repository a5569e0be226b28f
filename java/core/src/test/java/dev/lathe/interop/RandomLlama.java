package dev.lathe.interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.checkpoint.SafetensorsWriter;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.checkpoint.TensorSpec;
import dev.lathe.checkpoint.WriteOptions;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A Llama of two blocks with random weights in F32 whose rows are whole super-blocks of 256, so
 * that every type fits them. Tokenizer and vocabulary are those of a golden model.
 */
final class RandomLlama {
    private static final Path TOKENIZER = GoldenModels.model("llama-tied");
    private static final int WIDTH = 256;
    private static final int KEY_WIDTH = 128;
    private static final int HEADS = 4;
    private static final int LAYERS = 2;

    private RandomLlama() {}

    /** Writes the model as a folder; always the same bytes. */
    static Path write(Path folder) throws IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode config = (ObjectNode) json.readTree(TOKENIZER.resolve("config.json").toFile());
        config.put("hidden_size", WIDTH);
        config.put("intermediate_size", WIDTH);
        config.put("num_hidden_layers", LAYERS);
        config.put("num_attention_heads", HEADS);
        config.put("num_key_value_heads", HEADS * KEY_WIDTH / WIDTH);
        config.put("head_dim", WIDTH / HEADS);
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("config.json", json.writeValueAsBytes(config));
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            files.put(name, Files.readAllBytes(TOKENIZER.resolve(name)));
        }
        List<TensorSpec> tensors = tensors(config.get("vocab_size").asInt());
        try (SafetensorsWriter writer =
                SafetensorsWriter.create(folder, tensors, files, WriteOptions.defaults())) {
            Random random = new Random(1);
            for (TensorSpec tensor : tensors) {
                TensorInfo info = writer.tensor(tensor.name());
                writer.write(info, 0, values(info, random));
            }
            writer.finish();
        }
        return folder;
    }

    /** All types that can be written. */
    static List<DType> types() {
        return DType.all().stream().filter(DType::encodable).toList();
    }

    /** Stores all matrices of the model in a type, in a GGUF file of the given folder. */
    static Path compress(Path model, DType type, Path folder) {
        Path gguf = folder.resolve(type + ".gguf");
        Recipe recipe =
                Recipe.builder()
                        .type(type.name())
                        .embeddingType(type.name())
                        .headType(type.name())
                        .calibration(new CalibrationOptions(null, 8, 64, 1L))
                        .build();
        Compression.of(model).recipe(recipe).writeTo(gguf);
        return gguf;
    }

    private static List<TensorSpec> tensors(long vocabulary) {
        List<TensorSpec> tensors = new ArrayList<>();
        tensors.add(spec(TensorKey.weight(TensorRole.EMBEDDING), vocabulary, WIDTH));
        for (int layer = 0; layer < LAYERS; layer++) {
            tensors.add(spec(TensorKey.weight(TensorRole.INPUT_NORM, layer), WIDTH));
            tensors.add(spec(TensorKey.weight(TensorRole.Q_PROJ, layer), WIDTH, WIDTH));
            tensors.add(spec(TensorKey.weight(TensorRole.K_PROJ, layer), KEY_WIDTH, WIDTH));
            tensors.add(spec(TensorKey.weight(TensorRole.V_PROJ, layer), KEY_WIDTH, WIDTH));
            tensors.add(spec(TensorKey.weight(TensorRole.O_PROJ, layer), WIDTH, WIDTH));
            tensors.add(spec(TensorKey.weight(TensorRole.POST_ATTENTION_NORM, layer), WIDTH));
            tensors.add(spec(TensorKey.weight(TensorRole.GATE_PROJ, layer), WIDTH, WIDTH));
            tensors.add(spec(TensorKey.weight(TensorRole.UP_PROJ, layer), WIDTH, WIDTH));
            tensors.add(spec(TensorKey.weight(TensorRole.DOWN_PROJ, layer), WIDTH, WIDTH));
        }
        tensors.add(spec(TensorKey.weight(TensorRole.FINAL_NORM), WIDTH));
        return tensors;
    }

    private static TensorSpec spec(TensorKey key, long... shape) {
        List<Long> sizes = Arrays.stream(shape).boxed().toList();
        return new TensorSpec(TensorNames.huggingFace(key), DType.F32, sizes);
    }

    /** Norms near 1; matrices that keep the size of what goes through them. */
    private static ByteBuffer values(TensorInfo tensor, Random random) {
        boolean vector = tensor.shape().size() == 1;
        double size = vector ? 0.1 : 1 / Math.sqrt(WIDTH);
        ByteBuffer bytes =
                ByteBuffer.allocate((int) tensor.byteLength()).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            bytes.putFloat((float) ((vector ? 1 : 0) + size * random.nextGaussian()));
        }
        return bytes.flip();
    }
}
