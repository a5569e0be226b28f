package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.device.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * The description of a model in the metadata of a GGUF file, under the keys that llama.cpp reads.
 */
public final class GgufConfig {
    private static final String ARCHITECTURE = "general.architecture";
    private static final double DEFAULT_THETA = 10000;

    /**
     * Keys of variants of the families that Lathe does not compute; their value means "off" where
     * it is 0 or 1.
     */
    private static final List<String> UNSUPPORTED =
            List.of(
                    "expert_count",
                    "attention.sliding_window",
                    "attention.scale",
                    "logit_scale",
                    "embedding_scale",
                    "residual_scale");

    private final GgufCheckpoint checkpoint;
    private final GgufMetadata metadata;
    private final ModelFamily family;

    private GgufConfig(GgufCheckpoint checkpoint) {
        this.checkpoint = checkpoint;
        this.metadata = checkpoint.metadata();
        try {
            this.family = ModelFamily.of(metadata.string(ARCHITECTURE));
        } catch (UsageException e) {
            throw new UsageException(checkpoint.path() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads the description from metadata and, for what metadata do not say (biases, a tied head,
     * the rows of the embedding, Llama 3's rotary factors), from the tensors.
     *
     * @param checkpoint an open GGUF file
     * @return the description
     * @throws UsageException if the architecture is not known or the model uses something that
     *     Lathe does not compute
     * @throws DataException if a key is missing, of the wrong type or out of range
     */
    public static ModelConfig read(GgufCheckpoint checkpoint) {
        return new GgufConfig(checkpoint).read();
    }

    private ModelConfig read() {
        for (String key : UNSUPPORTED) {
            if (key.equals("expert_count") && family == ModelFamily.DEEPSEEK) {
                continue;
            }
            double value = metadata.findReal(key(key)).orElse(0.0);
            if (value != 0 && value != 1) {
                throw new UsageException(
                        String.format(
                                "%s: metadata key '%s' = %s is not supported",
                                checkpoint.path(), key(key), value));
            }
        }
        int hiddenSize = integer("embedding_length");
        int heads = integer("attention.head_count");
        int headSize = headSize(hiddenSize, heads);
        double theta = findReal("rope.freq_base").orElse(DEFAULT_THETA);
        TensorInfo embedding = checkpoint.tensor("token_embd.weight");
        try {
            return new ModelConfig(
                    family,
                    hiddenSize,
                    integer("feed_forward_length"),
                    integer("block_count"),
                    heads,
                    findInteger("attention.head_count_kv").orElse(heads),
                    headSize,
                    findInteger("rope.dimension_count").orElse(headSize),
                    toInt("the rows of token_embd.weight", embedding.rows()),
                    integer("context_length"),
                    findReal("attention.layer_norm_rms_epsilon").orElseThrow(this::noEpsilon),
                    theta,
                    scaling(theta),
                    checkpoint.find("output.weight").isEmpty(),
                    family == ModelFamily.QWEN2 || checkpoint.find("blk.0.attn_q.bias").isPresent(),
                    checkpoint.find("blk.0.ffn_gate.bias").isPresent(),
                    token("bos_token_id"),
                    token("eos_token_id").stream().toList(),
                    token("padding_token_id"),
                    mixture(),
                    latent());
        } catch (IllegalArgumentException e) {
            throw new DataException(checkpoint.path() + ": " + e.getMessage(), e);
        }
    }

    private DataException noEpsilon() {
        return new DataException(
                String.format(
                        "%s: metadata key '%s' is missing",
                        checkpoint.path(), key("attention.layer_norm_rms_epsilon")));
    }

    private Optional<MixtureOfExperts> mixture() {
        if (family != ModelFamily.DEEPSEEK) {
            return Optional.empty();
        }
        int width = integer("expert_feed_forward_length");
        return Optional.of(
                new MixtureOfExperts(
                        integer("expert_count"),
                        integer("expert_used_count"),
                        width,
                        toInt(
                                "the width of the shared expert",
                                (long) width * findInteger("expert_shared_count").orElse(0)),
                        findInteger("leading_dense_block_count").orElse(0)));
    }

    private Optional<LatentAttention> latent() {
        if (family != ModelFamily.DEEPSEEK) {
            return Optional.empty();
        }
        int rotary = integer("rope.dimension_count");
        return Optional.of(
                new LatentAttention(
                        integer("attention.q_lora_rank"),
                        integer("attention.kv_lora_rank"),
                        integer("attention.key_length_mla") - rotary,
                        rotary,
                        integer("attention.value_length_mla")));
    }

    private int headSize(int hiddenSize, int heads) {
        if (family == ModelFamily.DEEPSEEK) {
            return integer("attention.key_length_mla");
        }
        Optional<Integer> stated = findInteger("attention.key_length");
        if (stated.isEmpty() && (heads < 1 || hiddenSize % heads != 0)) {
            throw new DataException(
                    String.format(
                            "%s: embedding length %d is no multiple of %d heads",
                            checkpoint.path(), hiddenSize, heads));
        }
        int headSize = stated.orElseGet(() -> hiddenSize / heads);
        int valueSize = findInteger("attention.value_length").orElse(headSize);
        if (valueSize != headSize) {
            throw new UsageException(
                    String.format(
                            "%s: heads with keys of size %d and values of size %d are not"
                                    + " supported",
                            checkpoint.path(), headSize, valueSize));
        }
        return headSize;
    }

    private Optional<RopeScaling> scaling(double theta) {
        Optional<TensorInfo> tensor = checkpoint.find("rope_freqs.weight");
        if (tensor.isPresent()) {
            String source = checkpoint.path() + ": tensor 'rope_freqs.weight'";
            return RopeFrequencies.scalingOf(readFloats(tensor.get(), source), theta, source);
        }
        String type = metadata.findString(key("rope.scaling.type")).orElse("none");
        if (family == ModelFamily.DEEPSEEK) {
            // Nothing is computed with it: such models are planned only.
            return Optional.empty();
        }
        Optional<Double> factor =
                findReal("rope.scaling.factor").or(() -> findReal("rope.scale_linear"));
        return switch (type) {
            case "none" -> Optional.empty();
            case "linear" -> factor.filter(value -> value != 1).map(RopeScaling.Linear::new);
            default ->
                    throw new UsageException(
                            String.format(
                                    "%s: rope scaling '%s' is not supported (known: none, linear,"
                                            + " and Llama 3's as rope_freqs.weight)",
                                    checkpoint.path(), Printable.of(type)));
        };
    }

    private float[] readFloats(TensorInfo tensor, String source) {
        if (tensor.type() != DType.F32 || tensor.rows() != 1 || tensor.cols() > 1 << 16) {
            throw new DataException(
                    String.format(
                            "%s is %s %s, expected a short vector of F32",
                            source, tensor.type().name(), tensor.shape()));
        }
        ByteBuffer bytes =
                ByteBuffer.allocate((int) tensor.byteLength()).order(ByteOrder.LITTLE_ENDIAN);
        checkpoint.read(tensor, 0, bytes);
        float[] values = new float[(int) tensor.cols()];
        bytes.flip().asFloatBuffer().get(values);
        return values;
    }

    private String key(String name) {
        return family.id() + "." + name;
    }

    private int integer(String name) {
        return toInt("metadata key '" + key(name) + "'", metadata.integer(key(name)));
    }

    private Optional<Integer> findInteger(String name) {
        return metadata.findInteger(key(name))
                .map(value -> toInt("metadata key '" + key(name) + "'", value));
    }

    private int toInt(String what, long value) {
        if (value != (int) value) {
            throw new DataException(
                    checkpoint.path() + ": " + what + " is " + value + ", too large");
        }
        return (int) value;
    }

    /**
     * A 32-bit float stands for the shortest decimal that rounds to it: 1e-5, not
     * 9.999999747378752e-6.
     */
    private Optional<Double> findReal(String name) {
        return metadata.findReal(key(name))
                .map(
                        value ->
                                value == (float) (double) value
                                        ? Double.valueOf(Float.toString((float) (double) value))
                                        : value);
    }

    private Optional<Integer> token(String name) {
        String key = "tokenizer.ggml." + name;
        // Some converters write 2^32 - 1 for "none".
        return metadata.findInteger(key)
                .filter(value -> value != 0xFFFFFFFFL && value >= 0)
                .map(value -> toInt("metadata key '" + key + "'", value));
    }

    /**
     * Writes the keys that describe a model; those of the tokenizer are the tokenizer's.
     *
     * @param config the model
     * @param name the model's name for people
     * @param fileType number of the mix of types, see {@link GgufFileType}
     * @param target where the keys go
     */
    public static void write(
            ModelConfig config, String name, int fileType, GgufMetadata.Builder target) {
        String prefix = config.architecture() + ".";
        target.putString(ARCHITECTURE, config.architecture());
        target.putString("general.type", "model");
        target.putString("general.name", name);
        target.putUint32(prefix + "block_count", config.layers());
        target.putUint32(prefix + "context_length", config.contextLength());
        target.putUint32(prefix + "embedding_length", config.hiddenSize());
        target.putUint32(prefix + "feed_forward_length", config.intermediateSize());
        target.putUint32(prefix + "attention.head_count", config.heads());
        target.putUint32(prefix + "attention.head_count_kv", config.kvHeads());
        if (config.ropeScaling().orElse(null) instanceof RopeScaling.Linear linear) {
            target.putString(prefix + "rope.scaling.type", "linear");
            target.putFloat32(prefix + "rope.scaling.factor", (float) linear.factor());
        }
        target.putFloat32(prefix + "rope.freq_base", (float) config.ropeTheta());
        target.putFloat32(
                prefix + "attention.layer_norm_rms_epsilon", (float) config.rmsNormEpsilon());
        target.putUint32(prefix + "attention.key_length", config.headSize());
        target.putUint32(prefix + "attention.value_length", config.headSize());
        target.putUint32(GgufFileType.KEY, fileType);
        target.putUint32(prefix + "vocab_size", config.vocabularySize());
        target.putUint32(prefix + "rope.dimension_count", config.rotarySize());
    }
}
