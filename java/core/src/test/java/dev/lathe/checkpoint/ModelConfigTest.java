package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
    private static final List<ModelFamily> COMPUTED =
            Stream.of(ModelFamily.values()).filter(ModelFamily::computed).toList();

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final RopeScaling LLAMA_3 = new RopeScaling.Llama3(8, 1, 4, 64);

    @TempDir Path folder;

    private static ModelConfig read(String json) {
        try {
            return HuggingFaceConfig.read((ObjectNode) MAPPER.readTree(json), "config.json");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static String minimal(String family, String more) {
        return """
        {"model_type": "%s", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
         "num_attention_heads": 4, "vocab_size": 300 %s}
        """
                .formatted(family, more);
    }

    /** Each family, each scaling; a rotary embedding of part of a head. */
    static Stream<ModelConfig> configs() {
        List<ModelConfig> configs = new ArrayList<>();
        for (ModelFamily family : COMPUTED) {
            configs.add(ModelConfigs.small(family, Optional.empty()));
            configs.add(ModelConfigs.small(family, Optional.of(new RopeScaling.Linear(4))));
            configs.add(ModelConfigs.withRope(family, 32, 16, 500000, Optional.of(LLAMA_3)));
        }
        return configs.stream();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DEEPSEEK")
    void missingFieldsMeanWhatTransformersMakesOfThem(ModelFamily family) {
        ModelConfig config = read(minimal(family.id(), ""));
        assertEquals(family, config.family());
        assertEquals(4, config.kvHeads());
        assertEquals(family == ModelFamily.QWEN3 ? 128 : 16, config.headSize());
        assertEquals(config.headSize(), config.rotarySize());
        assertEquals(10000, config.ropeTheta());
        assertEquals(1e-6, config.rmsNormEpsilon());
        assertEquals(family == ModelFamily.LLAMA ? 2048 : 32768, config.contextLength());
        assertEquals(family == ModelFamily.QWEN2, config.attentionBias());
        assertFalse(config.tiedEmbeddings());
        assertEquals(List.of(), config.eosTokenIds());
        assertEquals(Optional.empty(), config.ropeScaling());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                """
                , "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
                "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64}
                """,
                """
                , "rope_theta": 500000, "rope_scaling": {"type": "llama3", "factor": 8,
                "low_freq_factor": 1, "high_freq_factor": 4,
                "original_max_position_embeddings": 64}
                """,
                """
                , "rope_scaling": null, "rope_parameters": {"rope_type": "llama3", "factor": 8.0,
                "low_freq_factor": 1.0, "high_freq_factor": 4.0, "rope_theta": 500000.0,
                "original_max_position_embeddings": 64}
                """,
                """
                , "max_position_embeddings": 64, "rope_parameters": {"full_attention":
                {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "rope_theta": 500000.0}}
                """
            })
    void everySpellingOfTheRotaryEmbeddingIsRead(String rope) {
        ModelConfig config = read(minimal("llama", rope));
        assertEquals(500000, config.ropeTheta());
        assertEquals(Optional.of(LLAMA_3), config.ropeScaling());
    }

    @Test
    void partOfAHeadAndSeveralEndsAreRead() {
        ModelConfig config =
                read(
                        minimal(
                                "qwen3",
                                """
                                , "head_dim": 32, "partial_rotary_factor": 0.5,
                                "eos_token_id": [7, 8], "bos_token_id": 1, "pad_token_id": null
                                """));
        assertEquals(16, config.rotarySize());
        assertEquals(128, config.queryWidth());
        assertEquals(List.of(7, 8), config.eosTokenIds());
        assertEquals(Optional.of(1), config.bosTokenId());
        assertEquals(Optional.empty(), config.padTokenId());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ", \"hidden_act\": \"gelu\"",
                ", \"use_sliding_window\": true",
                ", \"rope_parameters\": {\"full_attention\": {}, \"sliding_attention\": {\"a\": 1}}"
            })
    void whatIsNotComputedIsRefused(String more) {
        UsageException failure =
                assertThrows(UsageException.class, () -> read(minimal("qwen2", more)));
        assertTrue(failure.getMessage().startsWith("config.json"), failure.getMessage());
        assertTrue(failure.getMessage().contains("not supported"), failure.getMessage());
    }

    @ParameterizedTest
    @MethodSource("configs")
    void huggingFaceComesBack(ModelConfig config) {
        ObjectNode json = HuggingFaceConfig.write(config, DType.BF16, Optional.empty());
        assertEquals(config, HuggingFaceConfig.read(json, "config.json"));
        assertEquals("bfloat16", json.get("torch_dtype").textValue());
        assertEquals(config.family().className(), json.get("architectures").get(0).textValue());
        // Either spelling of the rotary embedding is complete without the other.
        ObjectNode four = json.deepCopy();
        four.remove("rope_parameters");
        assertEquals(config, HuggingFaceConfig.read(four, "config.json"));
        ObjectNode five = json.deepCopy();
        five.remove(List.of("rope_scaling", "rope_theta", "partial_rotary_factor"));
        assertEquals(config, HuggingFaceConfig.read(five, "config.json"));
    }

    @Test
    void otherFieldsOfTheOriginalAreKept() throws IOException {
        ObjectNode original =
                (ObjectNode)
                        MAPPER.readTree(
                                minimal(
                                        "llama",
                                        """
                                        , "dtype": "bfloat16", "initializer_range": 0.041666,
                                        "is_llama_config": true, "transformers_version": "5.1"
                                        """));
        ModelConfig config = HuggingFaceConfig.read(original, "config.json");
        ObjectNode written = HuggingFaceConfig.write(config, DType.F16, Optional.of(original));
        assertEquals(config, HuggingFaceConfig.read(written, "config.json"));
        assertEquals(0.041666, written.get("initializer_range").doubleValue());
        assertTrue(written.get("is_llama_config").booleanValue());
        assertEquals("float16", written.get("torch_dtype").textValue());
        assertFalse(written.has("dtype"));
        assertTrue(original.has("dtype"), "the original is changed");
        assertFalse(written.has("hidden_act"), "a field that was not there is made up");
    }

    @Test
    void valuesThatMakeNoModelAreNamed() {
        ModelConfig good = ModelConfigs.small(ModelFamily.LLAMA, Optional.empty());
        assertThrows(
                IllegalArgumentException.class,
                () -> ModelConfigs.withRope(good.family(), 16, 15, 10000, Optional.empty()));
        assertThrows(
                IllegalArgumentException.class,
                () -> ModelConfigs.withRope(good.family(), 16, 16, 1, Optional.empty()));
        assertThrows(
                IllegalArgumentException.class,
                () -> ModelConfigs.withRope(good.family(), 1 << 30, 16, 10000, Optional.empty()));
        assertThrows(IllegalArgumentException.class, () -> new RopeScaling.Linear(0.5));
        assertThrows(IllegalArgumentException.class, () -> new RopeScaling.Llama3(8, 0, 4, 8192));
        assertThrows(
                IllegalArgumentException.class,
                () -> HuggingFaceConfig.write(good, DType.of("Q4_K"), Optional.empty()));
    }

    /** Writes metadata and the tensors from which a description is completed. */
    private Path writeGguf(ModelConfig config, GgufMetadata metadata) {
        List<TensorSpec> tensors = new ArrayList<>();
        tensors.add(
                WriterFiles.spec(
                        "token_embd.weight",
                        DType.F16,
                        config.vocabularySize(),
                        config.hiddenSize()));
        if (!config.tiedEmbeddings()) {
            tensors.add(WriterFiles.spec("output.weight", DType.F32, 2, 2));
        }
        if (config.attentionBias()) {
            tensors.add(WriterFiles.spec("blk.0.attn_q.bias", DType.F32, 2));
        }
        Optional<float[]> factors = RopeFrequencies.factors(config);
        factors.ifPresent(
                values ->
                        tensors.add(
                                WriterFiles.spec("rope_freqs.weight", DType.F32, values.length)));
        Path path = folder.resolve("model.gguf");
        WriteOptions options = WriteOptions.defaults().withReplace(true);
        try (GgufWriter writer = GgufWriter.create(path, metadata, tensors, options)) {
            for (TensorInfo tensor : writer.tensors()) {
                ByteBuffer bytes =
                        ByteBuffer.allocate((int) tensor.byteLength())
                                .order(ByteOrder.LITTLE_ENDIAN);
                if (tensor.name().equals("rope_freqs.weight")) {
                    bytes.asFloatBuffer().put(factors.orElseThrow());
                }
                writer.write(tensor, 0, bytes);
            }
            writer.finish();
        }
        return path;
    }

    private static GgufMetadata metadata(ModelConfig config) {
        GgufMetadata.Builder metadata = GgufMetadata.builder();
        GgufConfig.write(config, "Small", GgufFileType.of("F16"), metadata);
        return metadata.build();
    }

    @ParameterizedTest
    @MethodSource("configs")
    void ggufComesBack(ModelConfig config) {
        GgufMetadata metadata =
                metadata(config).toBuilder()
                        .putUint32("tokenizer.ggml.bos_token_id", 296)
                        .putUint32("tokenizer.ggml.eos_token_id", 297)
                        .putUint32("tokenizer.ggml.padding_token_id", 0xFFFFFFFFL)
                        .build();
        try (Checkpoint checkpoint = Checkpoint.open(writeGguf(config, metadata))) {
            ModelConfig found = ModelConfig.read(checkpoint);
            // GGUF has one end of text.
            assertEquals(List.of(297), found.eosTokenIds());
            ObjectNode expected = HuggingFaceConfig.write(config, DType.F16, Optional.empty());
            ObjectNode actual = HuggingFaceConfig.write(found, DType.F16, Optional.empty());
            expected.put("eos_token_id", 297);
            assertEquals(expected, actual);
        }
    }

    @Test
    void biasesAndHeadAreSeenInTheTensors() {
        ModelConfig tied = ModelConfigs.small(ModelFamily.QWEN3, Optional.empty());
        ObjectNode json = HuggingFaceConfig.write(tied, DType.F32, Optional.empty());
        json.put("tie_word_embeddings", false).put("attention_bias", true);
        ModelConfig other = HuggingFaceConfig.read(json, "config.json");
        try (Checkpoint checkpoint = Checkpoint.open(writeGguf(other, metadata(other)))) {
            ModelConfig found = ModelConfig.read(checkpoint);
            assertFalse(found.tiedEmbeddings());
            assertTrue(found.attentionBias());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"expert_count", "attention.sliding_window", "attention.value_length"})
    void variantsOfGgufThatAreNotComputedAreRefused(String key) {
        ModelConfig config = ModelConfigs.small(ModelFamily.LLAMA, Optional.empty());
        GgufMetadata metadata = metadata(config).toBuilder().putUint32("llama." + key, 8).build();
        Path path = writeGguf(config, metadata);
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(path)) {
            UsageException failure =
                    assertThrows(UsageException.class, () -> GgufConfig.read(checkpoint));
            assertTrue(failure.getMessage().contains(path.toString()), failure.getMessage());
        }
    }

    @Test
    void headsThatDifferBetweenLayersAreRefused() {
        ModelConfig config = ModelConfigs.small(ModelFamily.LLAMA, Optional.empty());
        GgufMetadata metadata =
                metadata(config).toBuilder().putInt32s("llama.attention.head_count", 4, 2).build();
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(writeGguf(config, metadata))) {
            DataException failure =
                    assertThrows(DataException.class, () -> GgufConfig.read(checkpoint));
            assertTrue(
                    failure.getMessage().contains("'llama.attention.head_count' is an array"),
                    failure.getMessage());
        }
    }

    /** Every key that is written is one that the gguf package names for the family. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DEEPSEEK")
    void keysAreThoseOfTheGgufPackage(ModelFamily family) throws IOException, InterruptedException {
        ModelConfig config = ModelConfigs.small(family, Optional.of(new RopeScaling.Linear(2)));
        String printed =
                Python.run(
                        "gguf",
                        folder,
                        """
                        import gguf, json, sys
                        keys = [value.replace("{arch}", sys.argv[1])
                                for group in vars(gguf.Keys).values() if isinstance(group, type)
                                for value in vars(group).values() if isinstance(value, str)]
                        print(json.dumps(keys))
                        """,
                        family.id());
        Set<String> known = new TreeSet<>(List.of(MAPPER.readValue(printed, String[].class)));
        Set<String> written = new TreeSet<>(metadata(config).keys());
        assertEquals(18, written.size(), written.toString());
        written.removeAll(known);
        assertEquals(Set.of(), written);
    }

    /** transformers reads the same numbers from what was written, and computes the same waves. */
    @Test
    void transformersReadsTheSame() throws IOException, InterruptedException {
        List<ModelConfig> configs = configs().toList();
        for (int i = 0; i < configs.size(); i++) {
            Path model = Files.createDirectory(folder.resolve("model" + i));
            byte[] json =
                    HuggingFaceConfig.toBytes(
                            HuggingFaceConfig.write(configs.get(i), DType.BF16, Optional.empty()));
            Files.write(model.resolve("config.json"), json);
        }
        String printed =
                Python.run(
                        "transformers, torch",
                        folder,
                        """
                        import json, sys
                        from transformers import AutoConfig
                        from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
                        found = []
                        for i in range(int(sys.argv[2])):
                            c = AutoConfig.from_pretrained(f"{sys.argv[1]}/model{i}")
                            c.standardize_rope_params()
                            rope = c.rope_parameters
                            kind = rope["rope_type"]
                            frequencies = []
                            if kind != "default":
                                frequencies = ROPE_INIT_FUNCTIONS[kind](c, "cpu")[0].tolist()
                            found.append({
                                "class": type(c).__name__, "dtype": str(c.dtype),
                                "theta": rope["rope_theta"], "kind": kind,
                                "frequencies": frequencies,
                                "sizes": [c.hidden_size, c.intermediate_size, c.num_hidden_layers,
                                          c.num_attention_heads, c.num_key_value_heads, c.head_dim,
                                          c.vocab_size, c.max_position_embeddings],
                                "epsilon": c.rms_norm_eps, "tied": c.tie_word_embeddings,
                                "tokens": [c.bos_token_id, c.eos_token_id, c.pad_token_id]})
                        print(json.dumps(found))
                        """,
                        folder,
                        configs.size());
        JsonNode found = MAPPER.readTree(printed);
        for (int i = 0; i < configs.size(); i++) {
            assertReadAs(configs.get(i), found.get(i));
        }
    }

    private static void assertReadAs(ModelConfig config, JsonNode found) {
        assertEquals(
                config.family().className().replace("ForCausalLM", "Config"),
                found.get("class").textValue());
        assertEquals("torch.bfloat16", found.get("dtype").textValue());
        assertEquals(
                "[64,96,2,4,2," + config.headSize() + ",300,131072]",
                found.get("sizes").toString());
        assertEquals(config.ropeTheta(), found.get("theta").doubleValue());
        assertEquals(
                config.ropeScaling().map(RopeScaling::type).orElse("default"),
                found.get("kind").textValue());
        assertEquals(config.rmsNormEpsilon(), found.get("epsilon").doubleValue());
        assertTrue(found.get("tied").booleanValue());
        assertEquals("[296,[297,298],null]", found.get("tokens").toString());
        float[] inverse = RopeFrequencies.inverse(config);
        JsonNode frequencies = found.get("frequencies");
        assertEquals(config.ropeScaling().isPresent() ? inverse.length : 0, frequencies.size());
        for (int i = 0; i < frequencies.size(); i++) {
            double expected = frequencies.get(i).doubleValue();
            // 20 roundings in F32 (see RopeFrequencies), 8 times that in the smooth part.
            assertEquals(expected, inverse[i], expected * 160 * 0x1p-24);
        }
    }
}
