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
    /** Way of queries into their narrow layer [queryRank x hidden]. */
    Q_A_PROJ("q_a_proj", "self_attn.q_a_proj", "attn_q_a", true),
    /** Norm of the narrow layer of queries [queryRank]. */
    Q_A_NORM("q_a_layernorm", "self_attn.q_a_layernorm", "attn_q_a_norm", true),
    /** Queries from their narrow layer [heads * (plain + rotary) x queryRank]. */
    Q_B_PROJ("q_b_proj", "self_attn.q_b_proj", "attn_q_b", true),
    /** Way of keys and values into their narrow layer [keyValueRank + rotary x hidden]. */
    KV_A_PROJ("kv_a_proj_with_mqa", "self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa", true),
    /** Norm of the narrow layer of keys and values [keyValueRank]. */
    KV_A_NORM("kv_a_layernorm", "self_attn.kv_a_layernorm", "attn_kv_a_norm", true),
    /** Keys and values from their narrow layer, as older GGUF files hold them. */
    KV_B_PROJ("kv_b_proj", "self_attn.kv_b_proj", "attn_kv_b", true),
    /** Keys of each head, transposed [heads x keyValueRank x plain]; in GGUF only. */
    K_B_PROJ("k_b_proj", null, "attn_k_b", true),
    /** Values of each head [heads x value x keyValueRank]; in GGUF only. */
    V_B_PROJ("v_b_proj", null, "attn_v_b", true),
    /** Scores of the experts [experts x hidden]. */
    ROUTER("router", "mlp.gate", "ffn_gate_inp", true),
    /** What is added to the scores when experts are chosen [experts]; a bias by name. */
    ROUTER_CORRECTION("router_correction", null, "exp_probs_b", true),
    /** Gates of all experts [experts x width x hidden]; stacked in GGUF. */
    EXPERTS_GATE("experts.gate_proj", null, "ffn_gate_exps", true),
    /** Ways up of all experts [experts x width x hidden]; stacked in GGUF. */
    EXPERTS_UP("experts.up_proj", null, "ffn_up_exps", true),
    /** Ways down of all experts [experts x hidden x width]; stacked in GGUF. */
    EXPERTS_DOWN("experts.down_proj", null, "ffn_down_exps", true),
    /** Gate of the network beside the experts [shared x hidden]. */
    SHARED_GATE("shared_experts.gate_proj", "mlp.shared_experts.gate_proj", "ffn_gate_shexp", true),
    /** Way up of the network beside the experts [shared x hidden]. */
    SHARED_UP("shared_experts.up_proj", "mlp.shared_experts.up_proj", "ffn_up_shexp", true),
    /** Way down of the network beside the experts [hidden x shared]. */
    SHARED_DOWN("shared_experts.down_proj", "mlp.shared_experts.down_proj", "ffn_down_shexp", true),
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
        return id.contains("_proj");
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
