package dev.lathe.compress;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.calibrate.Shrinkage;
import dev.lathe.prune.PruneMethod;
import dev.lathe.prune.Sparsity;
import dev.lathe.quantize.Feedback;
import dev.lathe.quantize.Mix;
import dev.lathe.quantize.TypeSubstitution;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What a compression is asked to do, as a YAML or JSON file holds it (names in kebab-case). A field
 * that is null takes its default.
 *
 * <pre>
 * sparsity: 0.5            # or pattern: "2:4"
 * method: sparsegpt        # wanda, magnitude
 * type: Q4_K               # the blocks' linear layers; nothing: they stay floats
 *                          # or mix: IQ2_XXS, llama-quantize's types of that name
 *                          # or bits-per-weight: 2.2, or size: 3.2g: types are allocated
 * feedback: obs            # none: round to nearest
 * rules:                   # later rules win
 *   - layers: final        # also "3", "0-5", "all"
 *     roles: [down_proj]
 *     type: Q6_K
 * </pre>
 *
 * <p>In Java: {@code Recipe.builder().sparsity(0.5).type("Q4_K").build()}.
 *
 * @param sparsity share of zeros in the blocks' linear layers
 * @param pattern n:m pattern instead of a share
 * @param method how pruned weights are chosen; {@code sparsegpt}
 * @param type storage type of the blocks' linear layers
 * @param mix name of a mix of llama-quantize, which gives each tensor its type
 * @param bitsPerWeight average storage of the blocks' linear weights, into which types are
 *     allocated
 * @param size bytes of the whole file, into which types of all matrices are allocated
 * @param presets names of built-in rules, see {@link Preset}
 * @param candidates types that may be allocated; null: those that llama.cpp runs well
 * @param feedback {@code obs} or {@code none}; {@code obs}
 * @param embeddingType type of the token embedding; Q6_K beside {@code type} and {@code
 *     bitsPerWeight}, chosen by {@code mix} and {@code size}
 * @param headType type of the output head; the same
 * @param damping λ of the Hessian, share of its mean diagonal; 0.01
 * @param shrinkage share of diag(H) that replaces H; {@code auto}: from the tokens per column
 * @param asymmetry how much of what compressed layers have changed about a layer's inputs its
 *     weights make up for, 0 to 1; 1
 * @param scaleRefit whether scales are fitted again when error feedback has chosen all codes of a
 *     layer; false
 * @param maskBlock columns whose mask is chosen at once; 128
 * @param updateBlock columns after which the rest is updated; 128
 * @param rules exceptions, later ones win
 * @param calibration where statistics come from
 * @param imatrix file of an importance matrix, which then says how much each column matters when
 *     weights are rounded to nearest; no calibration is needed for that
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Recipe(
        Double sparsity,
        String pattern,
        String method,
        String type,
        String mix,
        Double bitsPerWeight,
        @JsonDeserialize(using = FileSize.Reader.class) Long size,
        List<String> presets,
        List<String> candidates,
        String feedback,
        String embeddingType,
        String headType,
        Double damping,
        Shrinkage shrinkage,
        Double asymmetry,
        Boolean scaleRefit,
        Integer maskBlock,
        Integer updateBlock,
        List<Rule> rules,
        CalibrationOptions calibration,
        String imatrix) {
    /** Columns that kernels compensate at once, at most. */
    static final int GREATEST_UPDATE_BLOCK = 1024;

    private static final ObjectMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();
    private static final ObjectMapper YAML =
            YAMLMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();

    /** A recipe that changes nothing. */
    public static final Recipe EMPTY = new RecipeBuilder().build();

    /**
     * Fills in defaults and checks everything.
     *
     * @param sparsity the component
     * @param pattern the component
     * @param method the component
     * @param type the component
     * @param mix the component
     * @param bitsPerWeight the component
     * @param size the component
     * @param presets the component
     * @param candidates the component
     * @param feedback the component
     * @param embeddingType the component
     * @param headType the component
     * @param damping the component
     * @param shrinkage the component
     * @param asymmetry the component
     * @param scaleRefit the component
     * @param maskBlock the component
     * @param updateBlock the component
     * @param rules the component
     * @param calibration the component
     * @param imatrix the component
     * @throws UsageException naming the field that is out of range
     */
    public Recipe {
        if (sparsity != null && pattern != null) {
            throw new UsageException("a recipe has either sparsity or pattern, not both");
        }
        method = PruneMethod.of(method == null ? PruneMethod.SPARSEGPT.id() : method).id();
        feedback = Feedback.of(feedback == null ? Feedback.OBS.id() : feedback).id();
        type = canonical(type);
        requireOneTarget(type, mix, bitsPerWeight, size);
        if (bitsPerWeight != null) {
            requireRange("bits-per-weight", bitsPerWeight, 0.1, 32);
        }
        if (size != null && size < 1) {
            throw new UsageException("size " + size + ", expected above 0");
        }
        presets = presets == null ? List.of() : List.copyOf(presets);
        presets.forEach(Preset::of);
        if (candidates != null) {
            candidates = candidates.stream().map(Recipe::canonical).toList();
        }
        mix = mix == null ? null : Mix.of(mix).name();
        embeddingType = canonical(embeddingType);
        headType = canonical(headType);
        damping = damping == null ? 0.01 : damping;
        shrinkage = shrinkage == null ? Shrinkage.AUTO : shrinkage;
        asymmetry = asymmetry == null ? 1.0 : asymmetry;
        scaleRefit = scaleRefit == null ? Boolean.FALSE : scaleRefit;
        maskBlock = maskBlock == null ? 128 : maskBlock;
        updateBlock = updateBlock == null ? 128 : updateBlock;
        rules = rules == null ? List.of() : List.copyOf(rules);
        calibration = calibration == null ? CalibrationOptions.DEFAULTS : calibration;
        if (imatrix != null && Feedback.of(feedback) != Feedback.NONE) {
            throw new UsageException(
                    "imatrix goes with feedback none: error feedback needs the whole Hessian of the"
                            + " inputs, an importance matrix is its diagonal");
        }
        requireRange("damping", damping, 0, 1e3);
        requireRange("asymmetry", asymmetry, 0, 1);
        requireRange("mask-block", maskBlock, 1, 1024);
        requireRange("update-block", updateBlock, 1, GREATEST_UPDATE_BLOCK);
        sparsityOf(sparsity, pattern);
    }

    /**
     * Reads a recipe from a file: JSON where its name ends in {@code .json}, else YAML.
     *
     * @param file the file
     * @return the recipe
     * @throws UsageException if it cannot be read or holds something unknown
     */
    public static Recipe read(Path file) {
        try {
            ObjectMapper mapper = file.toString().endsWith(".json") ? JSON : YAML;
            String text = CalibrationSet.read(file);
            Recipe recipe = text.isBlank() ? null : mapper.readValue(text, Recipe.class);
            if (recipe == null) {
                throw new UsageException(file + " is empty, a recipe was expected");
            }
            return recipe;
        } catch (UnrecognizedPropertyException e) {
            throw new UsageException(
                    file
                            + ": '"
                            + e.getPropertyName()
                            + "' is no field of a recipe; known: "
                            + e.getKnownPropertyIds(),
                    e);
        } catch (JsonProcessingException e) {
            if (e.getCause() instanceof LatheException cause) {
                throw new UsageException(file + ": " + cause.getMessage(), e);
            }
            throw new UsageException(file + " is no recipe: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * The recipe as JSON, the same text for the same recipe.
     *
     * @return one line
     */
    public String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new LatheException("writing a recipe: " + e.getMessage(), e);
        }
    }

    /**
     * Begins a recipe that changes nothing.
     *
     * @return a builder
     */
    public static RecipeBuilder builder() {
        return EMPTY.toBuilder();
    }

    /**
     * Begins a recipe that is this one until something is changed.
     *
     * @return a builder
     */
    public RecipeBuilder toBuilder() {
        return new RecipeBuilder(this);
    }

    private static void requireOneTarget(Object... targets) {
        if (Stream.of(targets).filter(Objects::nonNull).count() > 1) {
            throw new UsageException(
                    "a recipe has one of type, mix, bits-per-weight and size, not several");
        }
    }

    /**
     * Whether types are allocated under a budget.
     *
     * @return true where bits per weight or a size are given
     */
    public boolean allocates() {
        return bitsPerWeight != null || size != null;
    }

    /** Share or pattern as one; {@link Sparsity#NONE} where neither is given. */
    static Sparsity sparsityOf(Double share, String pattern) {
        if (pattern != null) {
            return Sparsity.pattern(pattern);
        }
        return share == null ? Sparsity.NONE : Sparsity.unstructured(share);
    }

    private static String canonical(String type) {
        return type == null ? null : TypeSubstitution.known(type).name();
    }

    private static void requireRange(String what, double value, double least, double greatest) {
        if (!(value >= least && value <= greatest)) {
            throw new UsageException(
                    what + " " + value + ", expected " + least + " to " + greatest);
        }
    }
}
