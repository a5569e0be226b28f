package dev.lathe.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.device.DType;
import java.util.List;
import java.util.Optional;

/**
 * The description of a model in {@code config.json}.
 *
 * <p>Rotary embeddings have two spellings: {@code rope_theta} and {@code rope_scaling}
 * (transformers 4), and one object {@code rope_parameters} (transformers 5). Both are read; both
 * are written, because each release reads its own and lets the other pass.
 */
public final class HuggingFaceConfig {
    private static final double DEFAULT_THETA = 10000;
    private static final double DEFAULT_EPSILON = 1e-6;
    private static final int QWEN3_HEAD_SIZE = 128;

    private HuggingFaceConfig() {}

    /**
     * Reads the content of a config.json.
     *
     * @param json the object
     * @param source what errors call it, usually the file
     * @return the description
     * @throws UsageException if the architecture is not known or the model uses something that
     *     Lathe does not compute
     * @throws DataException if a field is missing, of the wrong type or out of range
     */
    public static ModelConfig read(ObjectNode json, String source) {
        ConfigFields fields = new ConfigFields(json, source);
        String type =
                fields.text("model_type")
                        .orElseThrow(() -> new DataException(source + ": 'model_type' is missing"));
        ModelFamily family;
        try {
            family = ModelFamily.of(type);
        } catch (UsageException e) {
            throw new UsageException(source + ": " + e.getMessage(), e);
        }
        refuseUnsupported(fields);
        int hiddenSize = fields.requiredInteger("hidden_size");
        int heads = fields.requiredInteger("num_attention_heads");
        int headSize = headSize(fields, family, hiddenSize, heads);
        int contextLength =
                fields.integer("max_position_embeddings").orElse(family.defaultContextLength());
        Rope rope = readRope(fields, contextLength);
        try {
            return new ModelConfig(
                    family,
                    hiddenSize,
                    fields.requiredInteger("intermediate_size"),
                    fields.requiredInteger("num_hidden_layers"),
                    heads,
                    fields.integer("num_key_value_heads").orElse(heads),
                    headSize,
                    (int) (headSize * rope.rotaryShare()),
                    fields.requiredInteger("vocab_size"),
                    contextLength,
                    fields.real("rms_norm_eps").orElse(DEFAULT_EPSILON),
                    rope.theta(),
                    rope.scaling(),
                    fields.flag("tie_word_embeddings", false),
                    family == ModelFamily.QWEN2 || fields.flag("attention_bias", false),
                    family == ModelFamily.LLAMA && fields.flag("mlp_bias", false),
                    fields.integers("bos_token_id").stream().findFirst(),
                    fields.integers("eos_token_id"),
                    fields.integers("pad_token_id").stream().findFirst(),
                    Optional.empty(),
                    Optional.empty());
        } catch (IllegalArgumentException e) {
            throw new DataException(source + ": " + e.getMessage(), e);
        }
    }

    private static void refuseUnsupported(ConfigFields fields) {
        fields.text("hidden_act")
                .filter(activation -> !activation.equals("silu"))
                .ifPresent(
                        activation -> {
                            throw unsupported(fields, "hidden_act '" + activation + "'");
                        });
        if (fields.flag("use_sliding_window", false)) {
            throw unsupported(fields, "use_sliding_window");
        }
        if (fields.has("quantization_config")) {
            String method =
                    fields.object("quantization_config")
                            .flatMap(quantization -> quantization.text("quant_method"))
                            .orElse("unknown");
            throw unsupported(
                    fields, "a checkpoint quantized by '" + method + "' (take the original)");
        }
    }

    private static UsageException unsupported(ConfigFields fields, String what) {
        return new UsageException(
                fields.source() + ": " + Printable.of(what) + " is not supported");
    }

    private static int headSize(
            ConfigFields fields, ModelFamily family, int hiddenSize, int heads) {
        Optional<Integer> stated = fields.integer("head_dim");
        if (stated.isPresent()) {
            return stated.get();
        }
        if (family == ModelFamily.QWEN3) {
            return QWEN3_HEAD_SIZE;
        }
        if (heads < 1 || hiddenSize % heads != 0) {
            throw new DataException(
                    String.format(
                            "%s: hidden_size %d is no multiple of num_attention_heads %d",
                            fields.source(), hiddenSize, heads));
        }
        return hiddenSize / heads;
    }

    private record Rope(double theta, double rotaryShare, Optional<RopeScaling> scaling) {}

    private static Rope readRope(ConfigFields fields, int contextLength) {
        // The order in which transformers 5 looks for them.
        Optional<ConfigFields> stated = fields.object("rope_scaling");
        if (stated.isEmpty()) {
            stated = fields.object("rope_parameters");
        }
        if (stated.isEmpty()) {
            return new Rope(
                    fields.real("rope_theta").orElse(DEFAULT_THETA),
                    fields.real("partial_rotary_factor").orElse(1.0),
                    Optional.empty());
        }
        ConfigFields rope = stated.get();
        if (rope.has("sliding_attention")) {
            throw unsupported(rope, "rotary embedding that differs between layers");
        }
        rope = rope.object("full_attention").orElse(rope);
        double theta =
                rope.real("rope_theta").or(() -> fields.real("rope_theta")).orElse(DEFAULT_THETA);
        double share =
                rope.real("partial_rotary_factor")
                        .or(() -> fields.real("partial_rotary_factor"))
                        .orElse(1.0);
        return new Rope(theta, share, readScaling(rope, contextLength));
    }

    private static Optional<RopeScaling> readScaling(ConfigFields rope, int contextLength) {
        String type = rope.text("rope_type").or(() -> rope.text("type")).orElse("default");
        try {
            return switch (type) {
                case "default" -> Optional.empty();
                case "linear" -> Optional.of(new RopeScaling.Linear(rope.requiredReal("factor")));
                case "llama3" ->
                        Optional.of(
                                new RopeScaling.Llama3(
                                        rope.requiredReal("factor"),
                                        rope.requiredReal("low_freq_factor"),
                                        rope.requiredReal("high_freq_factor"),
                                        rope.integer("original_max_position_embeddings")
                                                .orElse(contextLength)));
                default ->
                        throw unsupported(
                                rope, "rope type '" + type + "' (known: default, linear, llama3)");
            };
        } catch (IllegalArgumentException e) {
            throw new DataException(rope.source() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Writes a config.json that transformers loads.
     *
     * @param config the model
     * @param type type of the weights: F32, F16 or BF16
     * @param original the config.json that the model came with, whose other fields are kept, or
     *     empty
     * @return a new object
     * @throws IllegalArgumentException if the type has no name in PyTorch
     */
    public static ObjectNode write(ModelConfig config, DType type, Optional<ObjectNode> original) {
        ObjectNode json = original.map(ObjectNode::deepCopy).orElseGet(() -> defaults(config));
        json.put("hidden_size", config.hiddenSize());
        json.put("intermediate_size", config.intermediateSize());
        json.put("num_hidden_layers", config.layers());
        json.put("num_attention_heads", config.heads());
        json.put("num_key_value_heads", config.kvHeads());
        json.put("head_dim", config.headSize());
        json.put("vocab_size", config.vocabularySize());
        json.put("max_position_embeddings", config.contextLength());
        json.put("rms_norm_eps", config.rmsNormEpsilon());
        json.put("tie_word_embeddings", config.tiedEmbeddings());
        if (config.family() != ModelFamily.QWEN2) {
            json.put("attention_bias", config.attentionBias());
        }
        if (config.family() == ModelFamily.LLAMA) {
            json.put("mlp_bias", config.mlpBias());
        }
        writeRope(json, config);
        putTokens(json, "bos_token_id", config.bosTokenId().stream().toList());
        putTokens(json, "eos_token_id", config.eosTokenIds());
        putTokens(json, "pad_token_id", config.padTokenId().stream().toList());
        json.remove("dtype");
        json.put("torch_dtype", torchName(type));
        return json;
    }

    /**
     * Prints a configuration as the content of a file.
     *
     * @param json the object
     * @return UTF-8, indented by two spaces, the same on every system
     */
    public static byte[] toBytes(ObjectNode json) {
        return JsonFiles.toBytes(json);
    }

    private static ObjectNode defaults(ModelConfig config) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putArray("architectures").add(config.family().className());
        json.put("model_type", config.architecture());
        json.put("hidden_act", "silu");
        json.put("initializer_range", 0.02);
        json.put("attention_dropout", 0.0);
        json.put("use_cache", true);
        if (config.family() != ModelFamily.LLAMA) {
            json.put("use_sliding_window", false);
        }
        return json;
    }

    private static void writeRope(ObjectNode json, ModelConfig config) {
        json.put("rope_theta", config.ropeTheta());
        ObjectNode scaling = JsonNodeFactory.instance.objectNode();
        scaling.put("rope_type", config.ropeScaling().map(RopeScaling::type).orElse("default"));
        config.ropeScaling().ifPresent(rule -> putScaling(scaling, rule));
        ObjectNode parameters = scaling.deepCopy();
        parameters.put("rope_theta", config.ropeTheta());
        if (config.rotarySize() != config.headSize()) {
            double share = (double) config.rotarySize() / config.headSize();
            json.put("partial_rotary_factor", share);
            parameters.put("partial_rotary_factor", share);
        }
        json.set(
                "rope_scaling",
                config.ropeScaling().isPresent() ? scaling : JsonNodeFactory.instance.nullNode());
        json.set("rope_parameters", parameters);
    }

    private static void putScaling(ObjectNode scaling, RopeScaling rule) {
        if (rule instanceof RopeScaling.Linear linear) {
            scaling.put("factor", linear.factor());
        } else if (rule instanceof RopeScaling.Llama3 llama3) {
            scaling.put("factor", llama3.factor());
            scaling.put("low_freq_factor", llama3.lowFrequencyFactor());
            scaling.put("high_freq_factor", llama3.highFrequencyFactor());
            scaling.put("original_max_position_embeddings", llama3.originalContextLength());
        }
    }

    private static void putTokens(ObjectNode json, String field, List<Integer> tokens) {
        if (tokens.size() > 1) {
            ArrayNode array = json.putArray(field);
            tokens.forEach(array::add);
        } else if (tokens.size() == 1) {
            json.put(field, tokens.get(0));
        } else {
            json.putNull(field);
        }
    }

    private static String torchName(DType type) {
        return switch (type.name()) {
            case "F32" -> "float32";
            case "F16" -> "float16";
            case "BF16" -> "bfloat16";
            default -> throw new IllegalArgumentException("no weights of type " + type.name());
        };
    }
}
