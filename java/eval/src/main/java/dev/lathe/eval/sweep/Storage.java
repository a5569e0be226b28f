package dev.lathe.eval.sweep;

import dev.lathe.compress.RecipeBuilder;

/**
 * What a sweep stores weights in.
 *
 * @param name in the report; empty where they stay as they are
 * @param kind how the recipe says it
 * @param value what it says
 */
public record Storage(String name, Kind kind, String value) {
    /** Weights stay in the source's types, or in floats where they are pruned. */
    public static final Storage AS_IT_IS = new Storage("", Kind.NONE, "");

    /** How a recipe names storage. */
    public enum Kind {
        /** It does not. */
        NONE,
        /** One type for the blocks' linear layers. */
        TYPE,
        /** A mix of types. */
        MIX,
        /** An average of bits, into which types are allocated. */
        BITS_PER_WEIGHT
    }

    /**
     * One type for the blocks' linear layers.
     *
     * @param type such as {@code Q4_K}
     * @return that storage
     */
    public static Storage type(String type) {
        return new Storage(type, Kind.TYPE, type);
    }

    /**
     * A mix of llama-quantize.
     *
     * @param mix such as {@code Q4_K_M}
     * @return that storage
     */
    public static Storage mix(String mix) {
        return new Storage("mix " + mix, Kind.MIX, mix);
    }

    /**
     * An average size of the blocks' linear weights.
     *
     * @param bits such as 2.51
     * @return that storage
     */
    public static Storage bitsPerWeight(double bits) {
        String value = Double.toString(bits);
        return new Storage(value + " bpw", Kind.BITS_PER_WEIGHT, value);
    }

    RecipeBuilder in(RecipeBuilder recipe) {
        return switch (kind) {
            case NONE -> recipe;
            case TYPE -> recipe.type(value);
            case MIX -> recipe.mix(value);
            case BITS_PER_WEIGHT -> recipe.bitsPerWeight(Double.parseDouble(value));
        };
    }
}
