package dev.lathe.checkpoint;

import dev.lathe.UsageException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The families of decoders that Lathe knows; one constant is all that a checkpoint needs to know of
 * a family.
 */
public enum ModelFamily {
    /** Llama 2 and 3 and what shares their layout. Its q and k rows are permuted in GGUF. */
    LLAMA("llama", "LlamaForCausalLM", 2048),
    /** Qwen2 and Qwen2.5: biases on q, k and v. */
    QWEN2("qwen2", "Qwen2ForCausalLM", 32768),
    /** Qwen3: a norm of each head's q and k. */
    QWEN3("qwen3", "Qwen3ForCausalLM", 32768),
    /**
     * DeepSeek-V2, V3 and R1 as GGUF: latent attention, experts stacked in one tensor. Planned and
     * rounded, not computed.
     */
    DEEPSEEK("deepseek2", "DeepseekV3ForCausalLM", 4096);

    private final String id;
    private final String className;
    private final int defaultContextLength;

    ModelFamily(String id, String className, int defaultContextLength) {
        this.id = id;
        this.className = className;
        this.defaultContextLength = defaultContextLength;
    }

    /**
     * Returns the name that config.json ({@code model_type}) and GGUF ({@code
     * general.architecture}) share.
     *
     * @return for example "llama"
     */
    public String id() {
        return id;
    }

    /**
     * Returns the class that transformers loads the family with.
     *
     * @return for example "LlamaForCausalLM"
     */
    public String className() {
        return className;
    }

    /**
     * Says whether q and k rows lie in another order in GGUF than in Hugging Face files.
     *
     * @return true where {@link RowPermutation} has work to do
     */
    public boolean permutesRows() {
        return this == LLAMA;
    }

    /**
     * Says whether q and k are normalised head by head.
     *
     * @return true where the roles q_norm and k_norm exist
     */
    public boolean headNorms() {
        return this == QWEN3;
    }

    /**
     * Says whether Lathe has the family's forward pass, which calibration and measuring need.
     *
     * @return false where a checkpoint can only be read and planned
     */
    public boolean computed() {
        return this != DEEPSEEK;
    }

    /** What transformers takes where config.json has no max_position_embeddings. */
    int defaultContextLength() {
        return defaultContextLength;
    }

    /**
     * Finds a family.
     *
     * @param id the family's id
     * @return the family
     * @throws UsageException naming the known families if this is none of them
     */
    public static ModelFamily of(String id) {
        for (ModelFamily family : values()) {
            if (family.id.equals(id)) {
                return family;
            }
        }
        String known =
                Arrays.stream(values()).map(ModelFamily::id).collect(Collectors.joining(", "));
        throw new UsageException(
                "architecture '" + Printable.of(id) + "' is not supported; known: " + known);
    }
}
