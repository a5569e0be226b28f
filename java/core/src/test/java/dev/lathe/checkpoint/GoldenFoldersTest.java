package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The small models that transformers saved for the tests of the forward pass. */
class GoldenFoldersTest {
    @ParameterizedTest
    @CsvSource({
        "llama-tied, LLAMA, true, false",
        "llama-head, LLAMA, true, false",
        "llama-rope, LLAMA, false, false",
        "llama-bias, LLAMA, false, true",
        "qwen2, QWEN2, false, true",
        "qwen3, QWEN3, true, false"
    })
    void everyTensorHasItsShape(String name, ModelFamily family, boolean tied, boolean bias)
            throws URISyntaxException {
        URL resource = getClass().getResource("/golden/logits/" + name + "/model");
        assertNotNull(resource, name);
        try (Checkpoint checkpoint = Checkpoint.open(Path.of(resource.toURI()))) {
            ModelConfig config = ModelConfig.read(checkpoint);
            assertEquals(family, config.family());
            assertEquals(tied, config.tiedEmbeddings());
            assertEquals(bias, config.attentionBias());
            Map<TensorKey, TensorInfo> tensors = TensorNames.index(checkpoint, config.layers());
            assertEquals(checkpoint.tensors().size(), tensors.size());
            int biases = bias ? (family == ModelFamily.QWEN2 ? 3 : 4) : 0;
            int inBlock = 9 + biases + (family.headNorms() ? 2 : 0);
            int outside = tied ? 2 : 3;
            assertEquals(inBlock * config.layers() + outside, tensors.size());
            tensors.forEach(
                    (key, tensor) ->
                            assertEquals(shape(config, key), tensor.shape(), tensor.name()));
            if (name.equals("llama-rope")) {
                assertEquals(
                        Optional.of(new RopeScaling.Llama3(8, 1, 4, 64)), config.ropeScaling());
            }
        }
    }

    private static List<Long> shape(ModelConfig config, TensorKey key) {
        long hidden = config.hiddenSize();
        long intermediate = config.intermediateSize();
        long query = config.queryWidth();
        long keys = config.keyWidth();
        List<Long> weight =
                switch (key.role()) {
                    case EMBEDDING, HEAD -> List.of((long) config.vocabularySize(), hidden);
                    case Q_PROJ -> List.of(query, hidden);
                    case K_PROJ, V_PROJ -> List.of(keys, hidden);
                    case O_PROJ -> List.of(hidden, query);
                    case GATE_PROJ, UP_PROJ -> List.of(intermediate, hidden);
                    case DOWN_PROJ -> List.of(hidden, intermediate);
                    case Q_NORM, K_NORM -> List.of((long) config.headSize());
                    case INPUT_NORM, POST_ATTENTION_NORM, FINAL_NORM -> List.of(hidden);
                    default -> List.of();
                };
        return key.part() == TensorKey.Part.BIAS ? List.of(weight.get(0)) : weight;
    }
}
