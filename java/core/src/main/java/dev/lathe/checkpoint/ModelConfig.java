package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.util.List;
import java.util.Optional;

/**
 * A decoder as both formats describe it.
 *
 * @param family what kind of decoder it is
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width within the feed-forward network
 * @param layers number of blocks
 * @param heads query heads of a block
 * @param kvHeads key and value heads of a block; divides heads
 * @param headSize width of a head; heads * headSize need not be hiddenSize
 * @param rotarySize how much of a head is rotated: even, at most headSize
 * @param vocabularySize rows of the embedding
 * @param contextLength tokens that the model was made for
 * @param rmsNormEpsilon what is added to the mean square before its root is taken
 * @param ropeTheta base of the rotary wavelengths
 * @param ropeScaling how they are stretched, if they are
 * @param tiedEmbeddings true where the head is the embedding
 * @param attentionBias true where q, k and v (and o, but for Qwen2) have biases
 * @param mlpBias true where gate, up and down have biases
 * @param bosTokenId token that begins a text, if there is one
 * @param eosTokenIds tokens that end a text
 * @param padTokenId token that fills up, if there is one
 * @param mixture experts, if there are any
 * @param latent narrow layers of attention, if there are any
 */
public record ModelConfig(
        ModelFamily family,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int heads,
        int kvHeads,
        int headSize,
        int rotarySize,
        int vocabularySize,
        int contextLength,
        double rmsNormEpsilon,
        double ropeTheta,
        Optional<RopeScaling> ropeScaling,
        boolean tiedEmbeddings,
        boolean attentionBias,
        boolean mlpBias,
        Optional<Integer> bosTokenId,
        List<Integer> eosTokenIds,
        Optional<Integer> padTokenId,
        Optional<MixtureOfExperts> mixture,
        Optional<LatentAttention> latent) {

    /**
     * Checks that the numbers make a model.
     *
     * @param family the component
     * @param hiddenSize the component
     * @param intermediateSize the component
     * @param layers the component
     * @param heads the component
     * @param kvHeads the component
     * @param headSize the component
     * @param rotarySize the component
     * @param vocabularySize the component
     * @param contextLength the component
     * @param rmsNormEpsilon the component
     * @param ropeTheta the component
     * @param ropeScaling the component
     * @param tiedEmbeddings the component
     * @param attentionBias the component
     * @param mlpBias the component
     * @param bosTokenId the component
     * @param eosTokenIds the component
     * @param padTokenId the component
     * @param mixture the component
     * @param latent the component
     * @throws IllegalArgumentException naming the number that does not fit
     */
    public ModelConfig {
        requirePositive("hidden size", hiddenSize);
        requirePositive("intermediate size", intermediateSize);
        requirePositive("number of layers", layers);
        requirePositive("number of heads", heads);
        requirePositive("number of key and value heads", kvHeads);
        requirePositive("head size", headSize);
        requirePositive("vocabulary size", vocabularySize);
        requirePositive("context length", contextLength);
        require(
                heads % kvHeads == 0,
                "%d heads are no multiple of %d key and value heads",
                heads,
                kvHeads);
        require(
                (long) heads * headSize <= Integer.MAX_VALUE,
                "%d heads of size %d are too wide",
                heads,
                headSize);
        require(
                rotarySize > 0 && rotarySize <= headSize && rotarySize % 2 == 0,
                "rotary size %d, expected an even number up to the head size %d",
                rotarySize,
                headSize);
        require(
                rmsNormEpsilon > 0 && rmsNormEpsilon < 1,
                "epsilon of the norms is %s, expected between 0 and 1",
                rmsNormEpsilon);
        require(
                ropeTheta > 1 && ropeTheta < Double.POSITIVE_INFINITY,
                "rope theta is %s, expected above 1",
                ropeTheta);
        eosTokenIds = List.copyOf(eosTokenIds);
    }

    private static void requirePositive(String what, int value) {
        require(value > 0, "%s is %d, expected above 0", what, value);
    }

    private static void require(boolean fits, String format, Object... arguments) {
        if (!fits) {
            throw new IllegalArgumentException(String.format(format, arguments));
        }
    }

    /**
     * Returns the name of the family as files state it.
     *
     * @return for example "llama"
     */
    public String architecture() {
        return family.id();
    }

    /**
     * Returns the number of experts that a router chooses among.
     *
     * @return 0 where the model has none
     */
    public int experts() {
        return mixture.map(MixtureOfExperts::count).orElse(0);
    }

    /**
     * Returns the width of all query heads.
     *
     * @return rows of q_proj and columns of o_proj
     */
    public int queryWidth() {
        return heads * headSize;
    }

    /**
     * Returns the width of all key heads, which is that of all value heads.
     *
     * @return rows of k_proj and of v_proj
     */
    public int keyWidth() {
        return kvHeads * headSize;
    }

    /**
     * Returns the outputs of a linear layer.
     *
     * @param role one of a block's projections
     * @return rows of its matrix
     */
    public long rows(TensorRole role) {
        return switch (role) {
            case Q_PROJ -> queryWidth();
            case K_PROJ, V_PROJ -> keyWidth();
            case GATE_PROJ, UP_PROJ -> intermediateSize;
            default -> hiddenSize;
        };
    }

    /**
     * Returns the inputs of a linear layer.
     *
     * @param role one of a block's projections
     * @return columns of its matrix
     */
    public long cols(TensorRole role) {
        return switch (role) {
            case O_PROJ -> queryWidth();
            case DOWN_PROJ -> intermediateSize;
            default -> hiddenSize;
        };
    }

    /**
     * Reads the description that a checkpoint carries: config.json or GGUF metadata.
     *
     * @param checkpoint an open checkpoint
     * @return the description
     * @throws UsageException if the architecture is not known or the model uses something that
     *     Lathe does not compute
     * @throws DataException if the description is broken
     */
    public static ModelConfig read(Checkpoint checkpoint) {
        if (checkpoint instanceof GgufCheckpoint gguf) {
            return GgufConfig.read(gguf);
        }
        SafetensorsCheckpoint folder = (SafetensorsCheckpoint) checkpoint;
        return HuggingFaceConfig.read(
                folder.config(),
                folder.folder().resolve(SafetensorsCheckpoint.CONFIG_FILE).toString());
    }
}
