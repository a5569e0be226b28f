package dev.lathe.checkpoint;

/**
 * A tensor of a decoder, whatever its file calls it.
 *
 * @param role what it is for
 * @param layer index of the block from 0; -1 where the role is none of a block's
 * @param part weight or bias
 */
public record TensorKey(TensorRole role, int layer, Part part) {

    /** The two tensors that a role may have. */
    public enum Part {
        /** The matrix, or the vector of a norm. */
        WEIGHT("weight"),
        /** What is added. */
        BIAS("bias");

        private final String suffix;

        Part(String suffix) {
            this.suffix = suffix;
        }

        /** How names end in both formats. */
        String suffix() {
            return suffix;
        }
    }

    /**
     * Checks that role and layer fit.
     *
     * @param role the component
     * @param layer the component
     * @param part the component
     * @throws IllegalArgumentException if a block's role has no layer or another role has one
     */
    public TensorKey {
        if (role.layered() ? layer < 0 : layer != -1) {
            throw new IllegalArgumentException("layer " + layer + " of role " + role.id());
        }
    }

    /**
     * Names a weight outside the blocks.
     *
     * @param role embedding, final norm, head or rotary factors
     * @return the key
     */
    public static TensorKey weight(TensorRole role) {
        return new TensorKey(role, -1, Part.WEIGHT);
    }

    /**
     * Names a weight of a block.
     *
     * @param role a block's role
     * @param layer index of the block
     * @return the key
     */
    public static TensorKey weight(TensorRole role, int layer) {
        return new TensorKey(role, layer, Part.WEIGHT);
    }

    /**
     * Names a bias of a block.
     *
     * @param role a block's role
     * @param layer index of the block
     * @return the key
     */
    public static TensorKey bias(TensorRole role, int layer) {
        return new TensorKey(role, layer, Part.BIAS);
    }
}
