package dev.lathe.quantize;

import dev.lathe.checkpoint.ModelConfig;
import java.util.List;

/**
 * A rule of {@code mixes.yaml}; a part that is null holds for everything.
 *
 * @param mixes names of the mixes that the rule belongs to
 * @param tensors name of a group of roles
 * @param when properties of the model
 * @param where place of the tensor among its like
 * @param count {@code tensors}: places count tensors in place of blocks
 * @param type type that the tensor takes, or {@code same}: the mix's
 */
record MixRule(
        List<String> mixes,
        String tensors,
        List<String> when,
        String where,
        String count,
        String type) {
    /** llama-quantize's bound for "many" query heads of a key head, and for many experts. */
    private static final int MANY = 4;

    /** Whether the rule speaks of a mix and a group of tensors. */
    boolean speaksOf(String mix, String group) {
        return (mixes == null || mixes.contains(mix)) && (tensors == null || tensors.equals(group));
    }

    /** Whether the conditions on the model hold. */
    boolean holdsFor(ModelConfig config, int experts, boolean importance) {
        if (when == null) {
            return true;
        }
        for (String condition : when) {
            boolean negated = condition.startsWith("no-");
            if (holds(negated ? condition.substring(3) : condition, config, experts, importance)
                    == negated) {
                return false;
            }
        }
        return true;
    }

    private static boolean holds(
            String condition, ModelConfig config, int experts, boolean importance) {
        return switch (condition) {
            case "grouped-queries" -> config.heads() / config.kvHeads() >= MANY;
            case "many-experts" -> experts >= MANY;
            case "eight-experts" -> experts == 8;
            case "importance" -> importance;
            default -> throw new IllegalStateException("condition '" + condition + "'");
        };
    }

    /**
     * Whether the place of a tensor fits.
     *
     * @param layer index of its block
     * @param ordinal how many tensors of its group come before it
     * @param layers number of blocks
     * @param members number of tensors of its group
     */
    boolean holdsAt(int layer, int ordinal, int layers, int members) {
        if (where == null) {
            return true;
        }
        boolean tensorsCount = "tensors".equals(count);
        int i = tensorsCount ? ordinal : layer;
        return switch (where) {
            case "first-eighth" -> i < layers / 8;
            case "first-sixteenth" -> i < layers / 16;
            case "middle" -> i >= layers / 8 && i < 7 * layers / 8;
            case "spread" -> spread(i, tensorsCount ? members : layers);
            case "first-2" -> i < 2;
            case "first-4" -> i < 4;
            default -> throw new IllegalStateException("place '" + where + "'");
        };
    }

    /** The first eighth, the last eighth, and every third between. */
    private static boolean spread(int i, int n) {
        return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2;
    }
}
