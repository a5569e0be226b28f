package dev.lathe.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.SafetensorsWriter;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.checkpoint.TensorSpec;
import dev.lathe.checkpoint.WriteOptions;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A Hugging Face folder of random weights that is large enough to keep a compression busy for some
 * seconds: the smallest golden model with more and wider blocks.
 */
final class RandomFolder {
    private static final int LAYERS = 6;
    private static final long HIDDEN = 256;
    private static final long INTERMEDIATE = 512;
    private static final long HEAD_SIZE = 64;
    private static final long QUERY_WIDTH = 4 * HEAD_SIZE;
    private static final long KEY_WIDTH = 2 * HEAD_SIZE;
    private static final long VOCABULARY = 300;

    private RandomFolder() {}

    /** Writes the model; the same bytes every time. */
    static Path write(Path folder) throws IOException {
        Path golden = CommandRun.model("llama-tied");
        ObjectMapper json = new ObjectMapper();
        ObjectNode config = (ObjectNode) json.readTree(golden.resolve("config.json").toFile());
        config.put("num_hidden_layers", LAYERS);
        config.put("hidden_size", HIDDEN);
        config.put("intermediate_size", INTERMEDIATE);
        config.put("head_dim", HEAD_SIZE);
        Map<String, byte[]> files = new HashMap<>();
        files.put("config.json", json.writeValueAsBytes(config));
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            files.put(name, Files.readAllBytes(golden.resolve(name)));
        }
        Random random = new Random(1);
        try (SafetensorsWriter writer =
                SafetensorsWriter.create(folder, specs(), files, WriteOptions.defaults())) {
            for (TensorInfo tensor : writer.tensors()) {
                writer.write(tensor, 0, values(tensor, random));
            }
            writer.finish();
        }
        return folder;
    }

    private static ByteBuffer values(TensorInfo tensor, Random random) {
        ByteBuffer bytes =
                ByteBuffer.allocate((int) tensor.byteLength()).order(ByteOrder.LITTLE_ENDIAN);
        boolean norm = tensor.shape().size() == 1;
        float scale = norm ? 0.1f : (float) (1 / Math.sqrt(tensor.cols()));
        while (bytes.hasRemaining()) {
            bytes.putFloat((float) random.nextGaussian() * scale + (norm ? 1 : 0));
        }
        return bytes.flip();
    }

    private static List<TensorSpec> specs() {
        List<TensorSpec> specs = new ArrayList<>();
        specs.add(spec(TensorKey.weight(TensorRole.EMBEDDING), VOCABULARY, HIDDEN));
        specs.add(spec(TensorKey.weight(TensorRole.FINAL_NORM), HIDDEN));
        for (int layer = 0; layer < LAYERS; layer++) {
            specs.add(spec(TensorKey.weight(TensorRole.INPUT_NORM, layer), HIDDEN));
            specs.add(spec(TensorKey.weight(TensorRole.POST_ATTENTION_NORM, layer), HIDDEN));
            specs.add(spec(TensorKey.weight(TensorRole.Q_PROJ, layer), QUERY_WIDTH, HIDDEN));
            specs.add(spec(TensorKey.weight(TensorRole.K_PROJ, layer), KEY_WIDTH, HIDDEN));
            specs.add(spec(TensorKey.weight(TensorRole.V_PROJ, layer), KEY_WIDTH, HIDDEN));
            specs.add(spec(TensorKey.weight(TensorRole.O_PROJ, layer), HIDDEN, QUERY_WIDTH));
            specs.add(spec(TensorKey.weight(TensorRole.GATE_PROJ, layer), INTERMEDIATE, HIDDEN));
            specs.add(spec(TensorKey.weight(TensorRole.UP_PROJ, layer), INTERMEDIATE, HIDDEN));
            specs.add(spec(TensorKey.weight(TensorRole.DOWN_PROJ, layer), HIDDEN, INTERMEDIATE));
        }
        return specs;
    }

    private static TensorSpec spec(TensorKey key, Long... shape) {
        return new TensorSpec(TensorNames.of(key, Format.SAFETENSORS), DType.F32, List.of(shape));
    }
}
