package dev.lathe.compress;

import dev.lathe.UsageException;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.RopeFrequencies;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.checkpoint.TensorSpec;
import dev.lathe.compress.TensorPlan.Action;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import dev.lathe.prune.PruneMethod;
import dev.lathe.prune.Sparsity;
import dev.lathe.quantize.Allocation;
import dev.lathe.quantize.Candidates;
import dev.lathe.quantize.Feedback;
import dev.lathe.quantize.Mix;
import dev.lathe.quantize.PlannedSparsity;
import dev.lathe.quantize.PriorSensitivity;
import dev.lathe.quantize.Sensitivity;
import dev.lathe.quantize.TypeSubstitution;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What becomes of every tensor of a model under a recipe. Making a plan reads no weights.
 *
 * <p>The rules: a type is for the blocks' linear layers; embedding and head take Q6_K then, or what
 * the recipe says; where rows do not fit a type's blocks the type of {@link TypeSubstitution} takes
 * its place. Without a type, pruned layers are written in the source's float type (F16 for a
 * quantized source) and everything else keeps its bytes. A folder holds floats only: a type is
 * simulated there by its values in F16. Norms and biases are F32 in GGUF.
 */
public final class CompressionPlan {
    private static final String DEFAULT_OUTER_TYPE = "Q6_K";
    private static final Set<DType> FLOATS = Set.of(DType.F32, DType.F16, DType.BF16);

    private final Recipe recipe;
    private final Format format;
    private final List<TensorPlan> tensors;
    private final Allocation allocation;
    private final List<String> idleRules;

    private CompressionPlan(
            Recipe recipe,
            Format format,
            List<TensorPlan> tensors,
            Allocation allocation,
            List<String> idleRules) {
        this.allocation = allocation;
        this.idleRules = List.copyOf(idleRules);
        this.recipe = recipe;
        this.format = format;
        this.tensors = List.copyOf(tensors);
    }

    /**
     * Plans a compression. Where the recipe states a budget, types are allocated by what is assumed
     * of models in general.
     *
     * @param model the source
     * @param format format of the output
     * @param recipe what is asked for
     * @return the plan
     * @throws UsageException if the recipe asks for what a tensor cannot have
     */
    public static CompressionPlan of(Model model, Format format, Recipe recipe) {
        Recipe resolved = Preset.resolve(recipe, model.config().family());
        CompressionPlan base = of(model, format, resolved, (Allocation) null);
        if (!resolved.allocates()) {
            return base;
        }
        List<DType> allowed = Candidates.allowed(resolved.candidates());
        return of(
                model,
                format,
                resolved,
                PriorSensitivity.of(model, allowed, base.plannedSparsity()));
    }

    /**
     * Plans a compression whose types are allocated under a budget.
     *
     * @param model the source
     * @param format format of the output
     * @param recipe what is asked for, with bits per weight or a size
     * @param sensitivity what each choice costs
     * @return the plan
     * @throws UsageException if the recipe asks for what a tensor cannot have, or the budget is
     *     below what types can reach
     */
    public static CompressionPlan of(
            Model model, Format format, Recipe recipe, Sensitivity sensitivity) {
        Recipe resolved = Preset.resolve(recipe, model.config().family());
        CompressionPlan base = of(model, format, resolved, (Allocation) null);
        return of(model, format, resolved, TypeAllocation.of(model, resolved, base, sensitivity));
    }

    private static CompressionPlan of(
            Model model, Format format, Recipe recipe, Allocation allocation) {
        List<String> idle = idleRules(recipe, model);
        Map<TensorKey, DType> mixed =
                allocation == null ? mixedTypes(model, recipe) : allocation.types();
        List<TensorPlan> tensors = new ArrayList<>();
        for (Map.Entry<TensorKey, TensorInfo> entry : model.tensors().entrySet()) {
            tensors.add(plan(model, format, recipe, mixed, entry.getKey(), entry.getValue()));
        }
        TensorKey factorsKey = TensorKey.weight(TensorRole.ROPE_FREQS);
        Optional<float[]> factors = RopeFrequencies.factors(model.config());
        if (format == Format.GGUF && factors.isPresent() && model.find(factorsKey).isEmpty()) {
            TensorSpec spec =
                    new TensorSpec(
                            TensorNames.gguf(factorsKey),
                            DType.F32,
                            List.of((long) factors.get().length));
            tensors.add(
                    new TensorPlan(
                            factorsKey, null, spec, Action.DERIVE, null, DType.F32, Sparsity.NONE));
        }
        tensors.forEach(tensor -> requireUpdateBlock(recipe, tensor));
        CompressionPlan plan = new CompressionPlan(recipe, format, tensors, allocation, idle);
        if (recipe.imatrix() != null && plan.needsCalibration()) {
            throw new UsageException(
                    "pruning with "
                            + recipe.method()
                            + " needs calibration of its own, not an imatrix; magnitude does"
                            + " without");
        }
        return plan;
    }

    /**
     * A misspelt name must not pass for a protection. A role may be missing: tied heads are. That
     * is told.
     */
    private static List<String> idleRules(Recipe recipe, Model model) {
        int blocks = model.config().layers();
        List<String> idle = new ArrayList<>();
        for (Rule rule : recipe.rules()) {
            boolean selects =
                    model.tensors().entrySet().stream()
                            .anyMatch(
                                    entry ->
                                            rule.matches(
                                                    entry.getKey(),
                                                    entry.getValue().name(),
                                                    blocks));
            if (!selects && (rule.layers() != null || rule.tensors() != null)) {
                throw new UsageException(
                        String.format(
                                "rule: '%s' selects no tensor of this model of %d blocks",
                                rule.tensors() == null ? rule.layers() : rule.tensors(), blocks));
            }
            if (!selects) {
                idle.add(
                        "a rule does nothing: this model has no "
                                + String.join(" and no ", rule.roles())
                                + (rule.roles().contains(TensorRole.HEAD.id())
                                        ? "; its head is the embedding"
                                        : ""));
            }
        }
        return idle;
    }

    /** Feedback goes in steps of whole groups and blocks, which kernels bound. */
    private static void requireUpdateBlock(Recipe recipe, TensorPlan tensor) {
        boolean joins =
                tensor.sparsity().ofM() > 0
                        && tensor.storage().quantized()
                        && Feedback.of(recipe.feedback()) == Feedback.OBS;
        if (!joins) {
            return;
        }
        long multiple = leastCommonMultiple(tensor.sparsity().ofM(), tensor.storage().blockSize());
        long steps = (Math.min(recipe.updateBlock(), tensor.cols()) + multiple - 1) / multiple;
        if (steps * multiple > Recipe.GREATEST_UPDATE_BLOCK) {
            throw new UsageException(
                    String.format(
                            "tensor '%s': pattern %s and %s have whole groups and blocks every %d"
                                    + " columns; with update-block %d that needs steps of %d,"
                                    + " expected at most %d",
                            tensor.source().name(),
                            tensor.sparsity(),
                            tensor.storage(),
                            multiple,
                            recipe.updateBlock(),
                            steps * multiple,
                            Recipe.GREATEST_UPDATE_BLOCK));
        }
    }

    private static long leastCommonMultiple(long a, long b) {
        return a * b / BigInteger.valueOf(a).gcd(BigInteger.valueOf(b)).longValue();
    }

    private static TensorPlan plan(
            Model model,
            Format format,
            Recipe recipe,
            Map<TensorKey, DType> mixed,
            TensorKey key,
            TensorInfo source) {
        if (key.role() == TensorRole.ROPE_FREQS && format == Format.SAFETENSORS) {
            return new TensorPlan(
                    key, source, null, Action.DROP, null, source.type(), Sparsity.NONE);
        }
        String name = source.name();
        String wantedType = defaultType(recipe, mixed, key, model);
        Sparsity sparsity =
                key.role().linear() && key.part() == TensorKey.Part.WEIGHT
                        ? Recipe.sparsityOf(recipe.sparsity(), recipe.pattern())
                        : Sparsity.NONE;
        boolean matrix = source.shape().size() >= 2;
        for (Rule rule : recipe.rules()) {
            if (!matrix || !rule.matches(key, name, model.config().layers())) {
                continue;
            }
            wantedType = rule.type() == null ? wantedType : rule.type();
            if (rule.setsSparsity()) {
                sparsity = ruleSparsity(rule, key, name);
            }
        }
        DType asked = wantedType == null || !matrix ? null : DType.of(wantedType);
        return matrix
                ? matrixPlan(format, key, source, asked, sparsity)
                : vectorPlan(model, format, key, source);
    }

    private static Sparsity ruleSparsity(Rule rule, TensorKey key, String name) {
        Sparsity chosen = rule.chosenSparsity();
        if (chosen.prunes() && !key.role().linear()) {
            if (rule.roles() != null || rule.tensors() != null) {
                throw new UsageException(
                        "tensor '" + name + "' is never pruned: embeddings and heads stay dense");
            }
            return Sparsity.NONE;
        }
        return chosen;
    }

    /** Feedback and calibration see the inputs, as an importance matrix does. */
    private static Map<TensorKey, DType> mixedTypes(Model model, Recipe recipe) {
        if (recipe.mix() == null) {
            return Map.of();
        }
        boolean importance =
                Feedback.of(recipe.feedback()) == Feedback.OBS
                        || recipe.imatrix() != null
                        || recipe.calibration().sequences() > 0;
        return Mix.of(recipe.mix()).types(model.config(), model.tensors().keySet(), importance);
    }

    private static String defaultType(
            Recipe recipe, Map<TensorKey, DType> mixed, TensorKey key, Model model) {
        boolean head = key.equals(model.headKey());
        if (mixed.containsKey(key)) {
            String chosen =
                    head && recipe.headType() != null
                            ? recipe.headType()
                            : key.role() == TensorRole.EMBEDDING ? recipe.embeddingType() : null;
            return chosen == null ? mixed.get(key).name() : chosen;
        }
        if (key.role() == TensorRole.HEAD || (head && recipe.headType() != null)) {
            return outer(recipe, recipe.headType());
        }
        if (key.role() == TensorRole.EMBEDDING) {
            return outer(recipe, recipe.embeddingType());
        }
        return key.role().linear() ? recipe.type() : null;
    }

    private static String outer(Recipe recipe, String chosen) {
        boolean quantizes = recipe.type() != null || recipe.allocates();
        return chosen == null && quantizes ? DEFAULT_OUTER_TYPE : chosen;
    }

    private static TensorPlan matrixPlan(
            Format format, TensorKey key, TensorInfo source, DType asked, Sparsity sparsity) {
        sparsity.requireFits(source.cols());
        DType storage = asked == null ? null : TypeSubstitution.fitting(asked, source.cols());
        if (storage != null && sparsity.prunes() && !storage.exactZero()) {
            throw new UsageException(
                    "tensor '"
                            + source.name()
                            + "': "
                            + storage
                            + " holds no exact zero beside other values, so it cannot be joined with sparsity");
        }
        DType floats = FLOATS.contains(source.type()) ? source.type() : DType.F16;
        DType values = storage != null ? storage : sparsity.prunes() ? floats : source.type();
        boolean holds = format == Format.GGUF || FLOATS.contains(values);
        DType written = holds ? values : DType.F16;
        Action action;
        if (!sparsity.prunes() && values == source.type()) {
            // Its values are those of the type already: coding them again could only lose.
            action = holds ? Action.COPY : Action.ROUND;
            values = written;
        } else if (sparsity.prunes()
                || (values.quantized() && key.role() != TensorRole.EMBEDDING)) {
            action = Action.COMPRESS;
        } else {
            action = Action.ROUND;
        }
        return tensorPlan(format, key, source, written, action, asked, values, sparsity);
    }

    private static TensorPlan vectorPlan(
            Model model, Format format, TensorKey key, TensorInfo source) {
        boolean same = format == model.checkpoint().format();
        DType type = same || format == Format.SAFETENSORS ? source.type() : DType.F32;
        Action action = type == source.type() ? Action.COPY : Action.ROUND;
        return tensorPlan(format, key, source, type, action, null, type, Sparsity.NONE);
    }

    private static TensorPlan tensorPlan(
            Format format,
            TensorKey key,
            TensorInfo source,
            DType written,
            Action action,
            DType asked,
            DType storage,
            Sparsity sparsity) {
        TensorSpec spec = new TensorSpec(TensorNames.of(key, format), written, source.shape());
        return new TensorPlan(key, source, spec, action, asked, storage, sparsity);
    }

    /**
     * How a budget was divided.
     *
     * @return empty where the recipe states none
     */
    public Optional<Allocation> allocation() {
        return Optional.ofNullable(allocation);
    }

    /**
     * Rules that select no tensor of this model.
     *
     * @return a sentence for each
     */
    public List<String> idleRules() {
        return idleRules;
    }

    /**
     * Whether a tensor was allocated a type that is no candidate, since its rows fit none of them.
     *
     * @param tensor one of this plan's
     * @return true if so
     */
    public boolean standsForCandidates(TensorPlan tensor) {
        return allocation != null
                && tensor.output() != null
                && Candidates.noneFits(
                        Candidates.allowed(recipe.candidates()), tensor.cols(), tensor.sparsity())
                && allocation.tensors().stream()
                        .filter(assigned -> assigned.key().equals(tensor.key()))
                        .anyMatch(
                                assigned ->
                                        !assigned.fixed()
                                                && assigned.type() != tensor.source().type());
    }

    /** The zeros that are set in each tensor. */
    PlannedSparsity plannedSparsity() {
        Sparsity general = Recipe.sparsityOf(recipe.sparsity(), recipe.pattern());
        Map<TensorKey, Sparsity> others = new LinkedHashMap<>();
        for (TensorPlan tensor : tensors) {
            if (tensor.linearWeight() && !tensor.sparsity().equals(general)) {
                others.put(tensor.key(), tensor.sparsity());
            }
        }
        return new PlannedSparsity(general, others);
    }

    /**
     * Refuses types that can be planned but not yet written.
     *
     * @throws UsageException naming tensor and type
     */
    void requireWritable() {
        for (TensorPlan tensor : tensors) {
            boolean made = tensor.action() == Action.COMPRESS || tensor.action() == Action.ROUND;
            if (made && !tensor.storage().encodable()) {
                TypeSubstitution.writable(tensor.storage().name());
            }
        }
    }

    /**
     * The recipe that the plan follows.
     *
     * @return the recipe
     */
    public Recipe recipe() {
        return recipe;
    }

    /**
     * The output's format.
     *
     * @return the format
     */
    public Format format() {
        return format;
    }

    /**
     * All tensors in the order of the source, derived ones last.
     *
     * @return an unmodifiable list
     */
    public List<TensorPlan> tensors() {
        return tensors;
    }

    /**
     * What is written, in order.
     *
     * @return the declarations of the output's tensors
     */
    public List<TensorSpec> outputs() {
        return tensors.stream().filter(t -> t.output() != null).map(TensorPlan::output).toList();
    }

    /**
     * Whether a tensor's compression looks at the activations that flow into it.
     *
     * @param tensor a tensor of this plan
     * @return true if it does
     */
    public boolean needsStatistics(TensorPlan tensor) {
        if (tensor.action() != Action.COMPRESS) {
            return false;
        }
        boolean prunesByInput =
                tensor.sparsity().prunes() && PruneMethod.of(recipe.method()).needsCalibration();
        boolean quantizesByInput =
                tensor.storage().quantized()
                        && recipe.imatrix() == null
                        && (Feedback.of(recipe.feedback()) == Feedback.OBS
                                || recipe.calibration().sequences() > 0);
        return prunesByInput || quantizesByInput;
    }

    /**
     * Whether a tensor's weights make up for what compression has changed about their inputs.
     *
     * @param tensor one of this plan's
     * @return true for layers of the blocks that second-order feedback compresses, unless the
     *     recipe's asymmetry is 0
     */
    public boolean correctsInputs(TensorPlan tensor) {
        boolean prunes =
                tensor.sparsity().prunes()
                        && PruneMethod.of(recipe.method()) == PruneMethod.SPARSEGPT;
        boolean quantizes =
                tensor.storage().quantized() && Feedback.of(recipe.feedback()) == Feedback.OBS;
        return recipe.asymmetry() > 0
                && tensor.key().role().layered()
                && needsStatistics(tensor)
                && (prunes || quantizes);
    }

    /**
     * Whether calibration data is needed at all.
     *
     * @return true if any tensor needs statistics
     */
    public boolean needsCalibration() {
        return tensors.stream().anyMatch(this::needsStatistics);
    }

    /**
     * Whether types are only simulated, as in a folder.
     *
     * @return true if any tensor is written in another type than the one whose values it takes
     */
    public boolean simulated() {
        return tensors.stream()
                .anyMatch(t -> t.output() != null && t.output().type() != t.storage());
    }

    /**
     * Bytes of all tensors of the output.
     *
     * @return bytes, without headers
     */
    public long outputBytes() {
        return outputs().stream().mapToLong(TensorSpec::byteLength).sum();
    }

    /**
     * Bytes of all tensors of the source.
     *
     * @return bytes, without headers
     */
    public long sourceBytes() {
        return tensors.stream()
                .filter(t -> t.source() != null)
                .mapToLong(t -> t.source().byteLength())
                .sum();
    }

    /**
     * Average storage of the blocks' linear weights in the types whose values they take.
     *
     * @return bits per weight
     */
    public double bitsPerWeight() {
        double bits = 0;
        long weights = 0;
        for (TensorPlan tensor : tensors) {
            if (tensor.linearWeight()) {
                bits += tensor.storage().bitsPerWeight() * tensor.elements();
                weights += tensor.elements();
            }
        }
        return weights == 0 ? 0 : bits / weights;
    }

    /**
     * Bytes of the output by storage type.
     *
     * @return types in the order of their first tensor
     */
    public Map<DType, Long> bytesByType() {
        Map<DType, Long> bytes = new LinkedHashMap<>();
        outputs().forEach(spec -> bytes.merge(spec.type(), spec.byteLength(), Long::sum));
        return bytes;
    }
}
