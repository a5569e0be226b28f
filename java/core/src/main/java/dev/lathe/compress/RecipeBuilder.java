package dev.lathe.compress;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.calibrate.Shrinkage;
import dev.lathe.prune.PruneMethod;
import dev.lathe.quantize.Feedback;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a {@link Recipe} field by field. What is not set keeps its default; everything is checked
 * when the recipe is {@linkplain #build built}.
 */
public final class RecipeBuilder {
    private Double sparsity;
    private String pattern;
    private String method;
    private String type;
    private String mix;
    private Double bitsPerWeight;
    private Long size;
    private List<String> presets = new ArrayList<>();
    private List<String> candidates;
    private String feedback;
    private String embeddingType;
    private String headType;
    private Double damping;
    private Shrinkage shrinkage;
    private Double asymmetry;
    private Boolean scaleRefit;
    private Integer maskBlock;
    private Integer updateBlock;
    private List<Rule> rules = new ArrayList<>();
    private CalibrationOptions calibration;
    private String imatrix;

    RecipeBuilder() {}

    RecipeBuilder(Recipe recipe) {
        this.sparsity = recipe.sparsity();
        this.pattern = recipe.pattern();
        this.method = recipe.method();
        this.type = recipe.type();
        this.mix = recipe.mix();
        this.bitsPerWeight = recipe.bitsPerWeight();
        this.size = recipe.size();
        this.presets = new ArrayList<>(recipe.presets());
        this.candidates = recipe.candidates();
        this.feedback = recipe.feedback();
        this.embeddingType = recipe.embeddingType();
        this.headType = recipe.headType();
        this.damping = recipe.damping();
        this.shrinkage = recipe.shrinkage();
        this.asymmetry = recipe.asymmetry();
        this.scaleRefit = recipe.scaleRefit();
        this.maskBlock = recipe.maskBlock();
        this.updateBlock = recipe.updateBlock();
        this.rules = new ArrayList<>(recipe.rules());
        this.calibration = recipe.calibration();
        this.imatrix = recipe.imatrix();
    }

    /**
     * Prunes a share of the weights, in place of a pattern.
     *
     * @param share at least 0 and below 1
     * @return this
     */
    public RecipeBuilder sparsity(double share) {
        this.sparsity = share;
        this.pattern = null;
        return this;
    }

    /**
     * Prunes to a pattern, in place of a share.
     *
     * @param text such as {@code 2:4}
     * @return this
     */
    public RecipeBuilder pattern(String text) {
        this.pattern = text;
        this.sparsity = null;
        return this;
    }

    /**
     * Sets how pruned weights are chosen.
     *
     * @param value the method
     * @return this
     */
    public RecipeBuilder method(PruneMethod value) {
        this.method = value.id();
        return this;
    }

    /**
     * Sets the storage type of the blocks' linear layers, in place of a mix or a budget.
     *
     * @param name ggml's name, such as {@code Q4_K}
     * @return this
     */
    public RecipeBuilder type(String name) {
        noTarget();
        this.type = name;
        return this;
    }

    /**
     * Gives each tensor the type that a mix of llama-quantize gives it, in place of one type or a
     * budget.
     *
     * @param name llama-quantize's name, such as {@code Q4_K_M}
     * @return this
     */
    public RecipeBuilder mix(String name) {
        noTarget();
        this.mix = name;
        return this;
    }

    /**
     * Allocates types to the blocks' linear layers so that their weights take this much on average,
     * in place of one type or a mix.
     *
     * @param bits average storage of a weight, scales included
     * @return this
     */
    public RecipeBuilder bitsPerWeight(double bits) {
        noTarget();
        this.bitsPerWeight = bits;
        return this;
    }

    /**
     * Allocates types to all matrices so that the file takes at most this much, in place of one
     * type or a mix.
     *
     * @param bytes size of the whole file
     * @return this
     */
    public RecipeBuilder size(long bytes) {
        noTarget();
        this.size = bytes;
        return this;
    }

    private void noTarget() {
        type = null;
        mix = null;
        bitsPerWeight = null;
        size = null;
    }

    /**
     * Adds a preset; rules of the recipe's own win over its rules.
     *
     * @param name see {@link Preset}
     * @return this
     */
    public RecipeBuilder preset(String name) {
        this.presets.add(name);
        return this;
    }

    /**
     * Sets which types may be allocated.
     *
     * @param names ggml's names
     * @return this
     */
    public RecipeBuilder candidates(List<String> names) {
        this.candidates = names;
        return this;
    }

    /** Puts presets in the place of those that are there. */
    RecipeBuilder presets(List<String> replaced) {
        this.presets = new ArrayList<>(replaced);
        return this;
    }

    /** Puts rules in the place of those that are there. */
    RecipeBuilder rules(List<Rule> replaced) {
        this.rules = new ArrayList<>(replaced);
        return this;
    }

    /**
     * Quantizes with or without error feedback.
     *
     * @param value the kind
     * @return this
     */
    public RecipeBuilder feedback(Feedback value) {
        this.feedback = value.id();
        return this;
    }

    /**
     * Sets the type of the token embedding.
     *
     * @param name ggml's name
     * @return this
     */
    public RecipeBuilder embeddingType(String name) {
        this.embeddingType = name;
        return this;
    }

    /**
     * Sets the type of the output head.
     *
     * @param name ggml's name
     * @return this
     */
    public RecipeBuilder headType(String name) {
        this.headType = name;
        return this;
    }

    /**
     * Sets the damping of the Hessian.
     *
     * @param share λ as a share of its mean diagonal
     * @return this
     */
    public RecipeBuilder damping(double share) {
        this.damping = share;
        return this;
    }

    /**
     * Sets how much of what compressed layers have changed about a layer's inputs its weights make
     * up for.
     *
     * @param share from 0 to 1
     * @return this
     */
    public RecipeBuilder asymmetry(double share) {
        this.asymmetry = share;
        return this;
    }

    /**
     * Sets whether scales are fitted again when error feedback has chosen all codes of a layer.
     *
     * @param wanted whether they are
     * @return this
     */
    public RecipeBuilder scaleRefit(boolean wanted) {
        this.scaleRefit = wanted;
        return this;
    }

    /**
     * Sets the shrinkage of the Hessian towards its diagonal.
     *
     * @param share share of diag(H) that replaces H
     * @return this
     */
    public RecipeBuilder shrinkage(double share) {
        return shrinkage(new Shrinkage(share));
    }

    /**
     * Sets the shrinkage of the Hessian towards its diagonal.
     *
     * @param value a share, or {@link Shrinkage#AUTO}
     * @return this
     */
    public RecipeBuilder shrinkage(Shrinkage value) {
        this.shrinkage = value;
        return this;
    }

    /**
     * Sets how many columns a mask is chosen for at once.
     *
     * @param columns 1 to 1024
     * @return this
     */
    public RecipeBuilder maskBlock(int columns) {
        this.maskBlock = columns;
        return this;
    }

    /**
     * Sets after how many columns the rest of a row is updated.
     *
     * @param columns 1 to 1024
     * @return this
     */
    public RecipeBuilder updateBlock(int columns) {
        this.updateBlock = columns;
        return this;
    }

    /**
     * Adds a rule that wins over those that are there.
     *
     * @param rule the rule
     * @return this
     */
    public RecipeBuilder rule(Rule rule) {
        this.rules.add(rule);
        return this;
    }

    /**
     * Sets where statistics come from.
     *
     * @param options file, number and length of sequences
     * @return this
     */
    public RecipeBuilder calibration(CalibrationOptions options) {
        this.calibration = options;
        return this;
    }

    /**
     * Rounds with the importance of a file's matrix, which goes with {@link Feedback#NONE}.
     *
     * @param file an imatrix in GGUF form
     * @return this
     */
    public RecipeBuilder imatrix(String file) {
        this.imatrix = file;
        return this;
    }

    /**
     * Checks everything and makes the recipe.
     *
     * @return the recipe
     * @throws dev.lathe.UsageException naming the field that is out of range
     */
    public Recipe build() {
        return new Recipe(
                sparsity,
                pattern,
                method,
                type,
                mix,
                bitsPerWeight,
                size,
                presets,
                candidates,
                feedback,
                embeddingType,
                headType,
                damping,
                shrinkage,
                asymmetry,
                scaleRefit,
                maskBlock,
                updateBlock,
                rules,
                calibration,
                imatrix);
    }
}
