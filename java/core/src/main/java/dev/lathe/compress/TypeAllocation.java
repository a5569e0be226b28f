package dev.lathe.compress;

import dev.lathe.UsageException;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import dev.lathe.quantize.Allocation;
import dev.lathe.quantize.Candidates;
import dev.lathe.quantize.Choice;
import dev.lathe.quantize.Sensitivity;
import dev.lathe.quantize.TensorSensitivity;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Divides the budget that a recipe states among the tensors of a model.
 *
 * <p>With bits per weight, the blocks' linear layers are in play, and their bytes count. With a
 * size, embedding and output head are in play too, and the whole file counts: header, padding, and
 * what is not in play. What a rule gives a type keeps it, as a constraint.
 */
final class TypeAllocation {
    private final Model model;
    private final Recipe recipe;
    private final CompressionPlan plan;
    private final Map<TensorKey, TensorSensitivity> sensitivities;
    private final List<DType> allowed;
    private final boolean wholeFile;

    /** GGUF pads every tensor to a multiple of so many bytes. */
    private final long alignment;

    private TypeAllocation(
            Model model, Recipe recipe, CompressionPlan plan, Sensitivity sensitivity) {
        this.model = model;
        this.recipe = recipe;
        this.plan = plan;
        this.sensitivities = sensitivity.byKey();
        this.allowed = Candidates.allowed(recipe.candidates());
        this.wholeFile = recipe.size() != null;
        this.alignment = OutputFiles.alignment(model);
    }

    /**
     * Allocates.
     *
     * @param model the model
     * @param recipe a recipe with a budget and without presets
     * @param plan what the recipe means where nothing is allocated
     * @param sensitivity what each choice costs
     * @return the types
     * @throws UsageException if the budget is below what the types can reach, naming that
     */
    static Allocation of(
            Model model, Recipe recipe, CompressionPlan plan, Sensitivity sensitivity) {
        return new TypeAllocation(model, recipe, plan, sensitivity)
                .allocate(sensitivity.measured());
    }

    private Allocation allocate(boolean measured) {
        if (wholeFile && plan.format() != Format.GGUF) {
            throw new UsageException(
                    "a size is for GGUF files; a folder holds floats, whatever types they simulate");
        }
        List<Allocation.Item> items = new ArrayList<>();
        long weights = 0;
        long inPlay = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (plays(tensor)) {
                items.add(item(tensor));
                weights += tensor.elements();
                inPlay += padded(tensor.output().byteLength());
            }
        }
        long rest = wholeFile ? OutputFiles.fileSize(model, plan) - inPlay : 0;
        long budget =
                wholeFile
                        ? recipe.size() - rest
                        : (long) Math.floor(recipe.bitsPerWeight() * weights / 8);
        long total = weights;
        return Allocation.of(items, budget, measured)
                .orElseThrow(() -> outOfReach(Allocation.smallest(items), rest, total));
    }

    private UsageException outOfReach(long smallest, long rest, long weights) {
        String asked;
        String reachable;
        if (wholeFile) {
            asked = "a file of " + FileSize.text(recipe.size());
            reachable = FileSize.text(smallest + rest) + " (" + (smallest + rest) + " bytes)";
        } else {
            // Rounded up, so that the number that is named can be asked for.
            double bits = Math.ceil(8e4 * smallest / weights) / 1e4;
            asked = recipe.bitsPerWeight() + " bits per weight";
            reachable = String.format(Locale.ROOT, "%.4f bits per weight", bits);
        }
        return new UsageException(
                asked
                        + " cannot be reached: with these rules, the smallest types that can be"
                        + " written give "
                        + reachable);
    }

    private boolean plays(TensorPlan tensor) {
        TensorRole role = tensor.key().role();
        boolean outer = role == TensorRole.EMBEDDING || role == TensorRole.HEAD;
        return tensor.output() != null && (tensor.linearWeight() || (wholeFile && outer));
    }

    private Allocation.Item item(TensorPlan tensor) {
        boolean fixed = fixed(tensor);
        TensorSensitivity sensitivity = sensitivities.get(tensor.key());
        if (sensitivity == null) {
            throw new UsageException(
                    "the sensitivities do not speak of tensor '"
                            + tensor.output().name()
                            + "': they belong to another model");
        }
        List<DType> types =
                fixed
                        ? List.of(tensor.storage())
                        : Candidates.of(
                                allowed, tensor.source().type(), tensor.cols(), tensor.sparsity());
        List<Choice> choices = new ArrayList<>();
        for (DType type : types) {
            Double error = sensitivity.errors().get(type.name());
            if (error != null || fixed) {
                double loss = error == null ? 0 : sensitivity.sensitivity() * error;
                choices.add(new Choice(type, bytes(type, tensor), loss));
            }
        }
        if (choices.isEmpty()) {
            throw new UsageException(
                    "the sensitivities hold no error of tensor '"
                            + tensor.output().name()
                            + "' in any of the types "
                            + types);
        }
        return new Allocation.Item(tensor.key(), tensor.elements(), choices, fixed, sensitivity);
    }

    private boolean fixed(TensorPlan tensor) {
        TensorKey key = tensor.key();
        boolean head = key.equals(model.headKey());
        boolean stated =
                (head && recipe.headType() != null)
                        || (key.role() == TensorRole.EMBEDDING && recipe.embeddingType() != null);
        return stated
                || recipe.rules().stream()
                        .anyMatch(
                                rule ->
                                        rule.type() != null
                                                && rule.matches(
                                                        key,
                                                        tensor.source().name(),
                                                        model.config().layers()));
    }

    private long bytes(DType type, TensorPlan tensor) {
        long bytes = type.bytes(tensor.elements());
        return wholeFile ? padded(bytes) : bytes;
    }

    private long padded(long bytes) {
        return (bytes + alignment - 1) / alignment * alignment;
    }
}
