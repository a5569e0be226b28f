package dev.lathe.model;

import dev.lathe.checkpoint.TensorRole;
import java.util.List;

/**
 * The four steps of a block, each with the linear layers that share its input. Weights are
 * compressed stage by stage, so that every stage sees the compressed weights before it and one
 * Hessian is alive at a time.
 */
public enum BlockStage {
    /** RMSNorm, then q, k, v and attention; leaves the heads' outputs. */
    ATTENTION(TensorRole.Q_PROJ, TensorRole.K_PROJ, TensorRole.V_PROJ),
    /** The output of attention, added to the residual stream. */
    ATTENTION_OUTPUT(TensorRole.O_PROJ),
    /** RMSNorm, then silu(gate) · up. */
    FEED_FORWARD(TensorRole.GATE_PROJ, TensorRole.UP_PROJ),
    /** The way down, added to the residual stream. */
    FEED_FORWARD_OUTPUT(TensorRole.DOWN_PROJ);

    private final List<TensorRole> linears;

    BlockStage(TensorRole... linears) {
        this.linears = List.of(linears);
    }

    /**
     * The linear layers that read this stage's input.
     *
     * @return their roles, in the order in which they are compressed
     */
    public List<TensorRole> linears() {
        return linears;
    }

    /**
     * Whether this stage's outputs are added to the residual stream as they are.
     *
     * @return true for the two output stages
     */
    public boolean addsToResidual() {
        return this == ATTENTION_OUTPUT || this == FEED_FORWARD_OUTPUT;
    }
}
