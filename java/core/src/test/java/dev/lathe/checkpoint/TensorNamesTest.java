package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.DataException;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorNamesTest {
    private static final Set<TensorRole> GGUF_ONLY =
            EnumSet.of(
                    TensorRole.ROPE_FREQS,
                    TensorRole.K_B_PROJ,
                    TensorRole.V_B_PROJ,
                    TensorRole.ROUTER_CORRECTION,
                    TensorRole.EXPERTS_GATE,
                    TensorRole.EXPERTS_UP,
                    TensorRole.EXPERTS_DOWN);

    /** What only DeepSeek's blocks have. */
    private static final Set<TensorRole> DEEPSEEK =
            EnumSet.range(TensorRole.Q_A_PROJ, TensorRole.SHARED_DOWN);

    @TempDir Path folder;

    private static List<TensorKey> keys(TensorRole role) {
        return role.layered()
                ? List.of(
                        TensorKey.weight(role, 0),
                        TensorKey.weight(role, 61),
                        TensorKey.bias(role, 7))
                : List.of(TensorKey.weight(role));
    }

    @ParameterizedTest
    @EnumSource
    void everyNameIsFoundAgain(TensorRole role) {
        assertEquals(Optional.of(role), TensorRole.byId(role.id()));
        for (TensorKey key : keys(role)) {
            assertEquals(key, TensorNames.parse(TensorNames.gguf(key), Format.GGUF));
            if (!GGUF_ONLY.contains(role)) {
                String name = TensorNames.of(key, Format.SAFETENSORS);
                assertEquals(key, TensorNames.parse(name, Format.SAFETENSORS));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Q_PROJ, 3, model.layers.3.self_attn.q_proj.weight, blk.3.attn_q.weight",
        "O_PROJ, 0, model.layers.0.self_attn.o_proj.weight, blk.0.attn_output.weight",
        "DOWN_PROJ, 11, model.layers.11.mlp.down_proj.weight, blk.11.ffn_down.weight",
        "POST_ATTENTION_NORM, 0, model.layers.0.post_attention_layernorm.weight,"
                + " blk.0.ffn_norm.weight",
        "K_NORM, 2, model.layers.2.self_attn.k_norm.weight, blk.2.attn_k_norm.weight",
        "EMBEDDING, -1, model.embed_tokens.weight, token_embd.weight",
        "FINAL_NORM, -1, model.norm.weight, output_norm.weight",
        "HEAD, -1, lm_head.weight, output.weight"
    })
    void namesAreThoseOfBothFormats(TensorRole role, int layer, String huggingFace, String gguf) {
        TensorKey key = new TensorKey(role, layer, TensorKey.Part.WEIGHT);
        assertEquals(huggingFace, TensorNames.huggingFace(key));
        assertEquals(gguf, TensorNames.gguf(key));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "weight",
                "model.layers.0.self_attn.q_proj",
                "model.layers.0.self_attn.q_proj.scale",
                "model.layers.00.self_attn.q_proj.weight",
                "model.layers.-1.self_attn.q_proj.weight",
                "model.layers.99999999999.self_attn.q_proj.weight",
                "self_attn.q_proj.weight",
                "model.layers.0.lm_head.weight",
                "blk.0.attn_q.weight",
                "model.layers.0.self_attn.q_proj.weight.weight"
            })
    void otherNamesAreNone(String name) {
        assertEquals(Optional.empty(), TensorNames.find(name, Format.SAFETENSORS));
        DataException failure =
                assertThrows(
                        DataException.class, () -> TensorNames.parse(name, Format.SAFETENSORS));
        assertTrue(failure.getMessage().contains("'" + name + "'"), failure.getMessage());
    }

    @Test
    void rotaryFactorsAreInGgufAlone() {
        TensorKey key = TensorKey.weight(TensorRole.ROPE_FREQS);
        assertEquals("rope_freqs.weight", TensorNames.gguf(key));
        assertThrows(IllegalArgumentException.class, () -> TensorNames.huggingFace(key));
        assertEquals(Optional.empty(), TensorNames.find("rope_freqs.weight", Format.SAFETENSORS));
    }

    @Test
    void keysWithoutSenseAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> TensorKey.weight(TensorRole.Q_PROJ));
        assertThrows(IllegalArgumentException.class, () -> TensorKey.weight(TensorRole.HEAD, 0));
    }

    @Test
    void savedBuffersAreNoTensorsOfTheModel() {
        List<TensorSpec> tensors =
                List.of(
                        WriterFiles.spec("lm_head.weight", DType.F32, 2, 2),
                        WriterFiles.spec(
                                "model.layers.0.self_attn.rotary_emb.inv_freq", DType.F32, 2));
        Path path = folder.resolve("model");
        try (SafetensorsWriter writer =
                SafetensorsWriter.create(
                        path,
                        tensors,
                        Map.of("config.json", new byte[0]),
                        WriteOptions.defaults())) {
            WriterFiles.writeAll(writer);
            writer.finish();
        }
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            assertEquals(
                    List.of(TensorKey.weight(TensorRole.HEAD)),
                    List.copyOf(TensorNames.index(checkpoint, 1).keySet()));
        }
    }

    /** The gguf package's own map from Hugging Face names, for each family. */
    @ParameterizedTest
    @EnumSource
    void agreesWithTheGgufPackage(ModelFamily family) throws IOException, InterruptedException {
        List<String> names = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (TensorRole role : TensorRole.values()) {
            boolean norm = role == TensorRole.Q_NORM || role == TensorRole.K_NORM;
            boolean known = !DEEPSEEK.contains(role) || family == ModelFamily.DEEPSEEK;
            if (!GGUF_ONLY.contains(role) && known && (!norm || family.headNorms())) {
                for (TensorKey key : keys(role)) {
                    names.add(TensorNames.huggingFace(key));
                    expected.add(TensorNames.gguf(key));
                }
            }
        }
        String printed =
                Python.run(
                        "gguf",
                        folder,
                        """
                        import gguf, json, sys
                        arch = {v: k for k, v in gguf.MODEL_ARCH_NAMES.items()}[sys.argv[1]]
                        names = gguf.get_tensor_name_map(arch, 64)
                        print(json.dumps([names.get_name(n, (".weight", ".bias")) for n in
                                          json.loads(sys.argv[2])]))
                        """,
                        family.id(),
                        new ObjectMapper().writeValueAsString(names));
        assertEquals(expected, List.of(new ObjectMapper().readValue(printed, String[].class)));
    }
}
