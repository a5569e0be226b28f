package dev.lathe.compress;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.prune.Sparsity;
import dev.lathe.quantize.TypeSubstitution;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * An exception to a recipe: what it selects and what holds there. Every part of the selection that
 * is given must match; every part of the effect that is given replaces the recipe's.
 *
 * @param roles Hugging Face names of tensors, such as {@code down_proj}; null: all
 * @param layers {@code all}, {@code final}, {@code first}, one index or a range such as {@code
 *     0-3}; null: all
 * @param tensors regular expression that the tensor's name in the source must contain; null: all
 * @param type storage type
 * @param sparsity share of zeros; 0 leaves the tensor dense
 * @param pattern n:m pattern
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Rule(
        List<String> roles,
        String layers,
        String tensors,
        String type,
        Double sparsity,
        String pattern) {
    private static final Pattern RANGE = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?");
    private static final List<String> NAMED_LAYERS = List.of("all", "final", "first");

    /**
     * Checks all parts.
     *
     * @param roles the component
     * @param layers the component
     * @param tensors the component
     * @param type the component
     * @param sparsity the component
     * @param pattern the component
     * @throws UsageException naming the part that is wrong
     */
    public Rule {
        if (roles != null) {
            roles = List.copyOf(roles);
            for (String role : roles) {
                if (TensorRole.byId(role).isEmpty()) {
                    throw new UsageException(
                            "rule: '" + role + "' is no tensor role such as q_proj or down_proj");
                }
            }
        }
        if (layers != null && !NAMED_LAYERS.contains(layers) && !RANGE.matcher(layers).matches()) {
            throw new UsageException(
                    "rule: layers '"
                            + layers
                            + "', expected all, first, final, an index or a range such as 0-3");
        }
        if (tensors != null) {
            try {
                Pattern.compile(tensors);
            } catch (PatternSyntaxException e) {
                throw new UsageException(
                        "rule: '" + tensors + "' is no regular expression: " + e.getDescription(),
                        e);
            }
        }
        if (type != null) {
            type = TypeSubstitution.known(type).name();
        }
        if (sparsity != null && pattern != null) {
            throw new UsageException("a rule has either sparsity or pattern, not both");
        }
        Recipe.sparsityOf(sparsity, pattern);
        if (type == null && sparsity == null && pattern == null) {
            throw new UsageException(
                    "a rule gives a type, a sparsity or a pattern; this one gives none");
        }
    }

    /**
     * Reads a protection as the command line takes it: {@code SELECTION=TYPE}. The selection is
     * {@code final-layer}, {@code first-layer}, a role, or else a regular expression; what it
     * selects is not pruned.
     *
     * @param text such as {@code final-layer=Q6_K}
     * @return the rule
     * @throws UsageException if it is no protection
     */
    public static Rule protect(String text) {
        int equals = text.lastIndexOf('=');
        String selection = equals < 0 ? text : text.substring(0, equals);
        String type = equals < 0 ? null : text.substring(equals + 1);
        if (selection.isEmpty() || (type != null && type.isEmpty())) {
            throw new UsageException(
                    "protection '" + text + "', expected SELECTION=TYPE such as final-layer=Q6_K");
        }
        return switch (selection) {
            case "final-layer" -> new Rule(null, "final", null, type, 0.0, null);
            case "first-layer" -> new Rule(null, "first", null, type, 0.0, null);
            default ->
                    TensorRole.byId(selection).isPresent()
                            ? new Rule(List.of(selection), null, null, type, 0.0, null)
                            : new Rule(null, null, selection, type, 0.0, null);
        };
    }

    /** Whether the rule speaks of a tensor of a model with so many blocks. */
    boolean matches(TensorKey key, String name, int blocks) {
        return (roles == null || roles.contains(key.role().id()))
                && (layers == null || layersMatch(key, blocks))
                && (tensors == null || Pattern.compile(tensors).matcher(name).find());
    }

    /** The sparsity that the rule asks for; call only where it gives one. */
    Sparsity chosenSparsity() {
        return Recipe.sparsityOf(sparsity, pattern);
    }

    boolean setsSparsity() {
        return sparsity != null || pattern != null;
    }

    private boolean layersMatch(TensorKey key, int blocks) {
        if (layers.equals("all")) {
            return true;
        }
        if (!key.role().layered()) {
            return false;
        }
        if (layers.equals("final")) {
            return key.layer() == blocks - 1;
        }
        if (layers.equals("first")) {
            return key.layer() == 0;
        }
        var range = RANGE.matcher(layers);
        range.matches();
        int first = Integer.parseInt(range.group(1));
        int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
        return key.layer() >= first && key.layer() <= last;
    }
}
