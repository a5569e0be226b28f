package dev.lathe.checkpoint;

import java.util.Optional;

/**
 * What a tensor is for. The name in Lathe's interfaces is the one of Hugging Face: {@code q_proj}.
 */
public enum TensorRole {
    /** The token embedding [vocabulary x hidden]. */
    EMBEDDING("embed_tokens", "model.embed_tokens", "token_embd", false),
    /** Norm before attention [hidden]. */
    INPUT_NORM("input_layernorm", "input_layernorm", "attn_norm", true),
    /** Queries [heads * headSize x hidden]. */
    Q_PROJ("q_proj", "self_attn.q_proj", "attn_q", true),
    /** Keys [kvHeads * headSize x hidden]. */
    K_PROJ("k_proj", "self_attn.k_proj", "attn_k", true),
    /** Values [kvHeads * headSize x hidden]. */
    V_PROJ("v_proj", "self_attn.v_proj", "attn_v", true),
    /** Norm of each head's query [headSize]. */
    Q_NORM("q_norm", "self_attn.q_norm", "attn_q_norm", true),
    /** Norm of each head's key [headSize]. */
    K_NORM("k_norm", "self_attn.k_norm", "attn_k_norm", true),
    /** Output of attention [hidden x heads * headSize]. */
    O_PROJ("o_proj", "self_attn.o_proj", "attn_output", true),
    /** Norm before the feed-forward network [hidden]. */
    POST_ATTENTION_NORM("post_attention_layernorm", "post_attention_layernorm", "ffn_norm", true),
    /** Gate of the feed-forward network [intermediate x hidden]. */
    GATE_PROJ("gate_proj", "mlp.gate_proj", "ffn_gate", true),
    /** Way up in the feed-forward network [intermediate x hidden]. */
    UP_PROJ("up_proj", "mlp.up_proj", "ffn_up", true),
    /** Way down in the feed-forward network [hidden x intermediate]. */
    DOWN_PROJ("down_proj", "mlp.down_proj", "ffn_down", true),
    /** Norm after the last block [hidden]. */
    FINAL_NORM("norm", "model.norm", "output_norm", false),
    /** The output head [vocabulary x hidden]; absent where it is the embedding. */
    HEAD("lm_head", "lm_head", "output", false),
    /** Factors that divide the rotary frequencies [rotarySize / 2]; in GGUF only. */
    ROPE_FREQS("rope_freqs", null, "rope_freqs", false);

    private final String id;
    private final String huggingFace;
    private final String gguf;
    private final boolean layered;

    TensorRole(String id, String huggingFace, String gguf, boolean layered) {
        this.id = id;
        this.huggingFace = huggingFace;
        this.gguf = gguf;
        this.layered = layered;
    }

    /**
     * Returns the name in recipes, records and messages.
     *
     * @return for example "q_proj"
     */
    public String id() {
        return id;
    }

    /**
     * Says whether every block has such a tensor.
     *
     * @return false for embedding, head, final norm and rotary factors
     */
    public boolean layered() {
        return layered;
    }

    /**
     * Says whether the tensor is a matrix that a block multiplies with: what is pruned and
     * quantized.
     *
     * @return true for the projections of attention and feed-forward network
     */
    public boolean linear() {
        return id.endsWith("_proj");
    }

    /** The middle of the name in Hugging Face files, if such files hold it. */
    Optional<String> huggingFaceStem() {
        return Optional.ofNullable(huggingFace);
    }

    /** The middle of the name in GGUF files. */
    String ggufStem() {
        return gguf;
    }

    /**
     * Finds a role by its name.
     *
     * @param id for example "q_proj"
     * @return the role, or empty
     */
    public static Optional<TensorRole> byId(String id) {
        for (TensorRole role : values()) {
            if (role.id.equals(id)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
