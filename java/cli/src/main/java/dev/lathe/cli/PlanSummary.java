package dev.lathe.cli;

import dev.lathe.compress.CompressionPlan;
import dev.lathe.compress.Estimate;
import dev.lathe.compress.TensorPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What {@code plan} reports.
 *
 * @param output where the output would go
 * @param format {@code gguf} or {@code safetensors}
 * @param simulated whether types are simulated by floats of the same values
 * @param sourceBytes bytes of the source's tensors
 * @param outputBytes bytes of the output's tensors
 * @param bitsPerWeight average over the blocks' linear weights
 * @param sparsity share of zeros among the blocks' linear weights
 * @param types bytes by storage type, before and after
 * @param allocation how a budget was divided, or null where there is none
 * @param substitutions tensors that cannot have the type asked for, or any candidate
 * @param idleRules rules that select no tensor
 * @param peakBytes most resident memory
 * @param spillBytes temporary file for activations
 * @param diskBytes output and temporary file together
 * @param operations floating-point operations of the matrix products
 * @param operationsPerSecond rate of matrix products, measured just now
 * @param seconds operations divided by the rate
 */
record PlanSummary(
        String output,
        String format,
        boolean simulated,
        long sourceBytes,
        long outputBytes,
        double bitsPerWeight,
        double sparsity,
        List<TypeChange> types,
        AllocationSummary allocation,
        List<Substitution> substitutions,
        List<String> idleRules,
        long peakBytes,
        long spillBytes,
        long diskBytes,
        double operations,
        double operationsPerSecond,
        double seconds) {

    /**
     * A storage type before and after.
     *
     * @param type its name
     * @param sourceBytes bytes of this type in the source
     * @param outputBytes bytes of this type in the output
     */
    record TypeChange(String type, long sourceBytes, long outputBytes) {}

    /**
     * Tensors of a role whose rows do not fit the type asked for.
     *
     * @param role what they are for
     * @param tensors their names in the output
     * @param cols weights in a row
     * @param asked the type asked for
     * @param type the type that takes its place
     */
    record Substitution(String role, List<String> tensors, long cols, String asked, String type) {}

    static PlanSummary of(Path output, Estimate estimate, double operationsPerSecond) {
        CompressionPlan plan = estimate.plan();
        return new PlanSummary(
                output.toString(),
                plan.format().name().toLowerCase(Locale.ROOT),
                plan.simulated(),
                plan.sourceBytes(),
                plan.outputBytes(),
                plan.bitsPerWeight(),
                sparsity(plan),
                types(plan),
                plan.allocation().map(AllocationSummary::of).orElse(null),
                substitutions(plan),
                plan.idleRules(),
                estimate.peakBytes(),
                estimate.spillBytes(),
                estimate.diskBytes(),
                estimate.operations(),
                operationsPerSecond,
                estimate.operations() / operationsPerSecond);
    }

    private static double sparsity(CompressionPlan plan) {
        double zeros = 0;
        double weights = 0;
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.linearWeight()) {
                zeros += tensor.sparsity().share() * tensor.elements();
                weights += tensor.elements();
            }
        }
        return weights == 0 ? 0 : zeros / weights;
    }

    private static List<TypeChange> types(CompressionPlan plan) {
        Map<String, TypeChange> changes = new LinkedHashMap<>();
        for (TensorPlan tensor : plan.tensors()) {
            if (tensor.source() != null) {
                String type = tensor.source().type().name();
                add(changes, new TypeChange(type, tensor.source().byteLength(), 0));
            }
            if (tensor.output() != null) {
                String type = tensor.output().type().name();
                add(changes, new TypeChange(type, 0, tensor.output().byteLength()));
            }
        }
        return List.copyOf(changes.values());
    }

    private static void add(Map<String, TypeChange> changes, TypeChange change) {
        changes.merge(
                change.type,
                change,
                (a, b) ->
                        new TypeChange(
                                a.type,
                                a.sourceBytes + b.sourceBytes,
                                a.outputBytes + b.outputBytes));
    }

    private static List<Substitution> substitutions(CompressionPlan plan) {
        Map<List<Object>, Substitution> byKind = new LinkedHashMap<>();
        for (TensorPlan tensor : plan.tensors()) {
            boolean standsIn = plan.standsForCandidates(tensor);
            if (tensor.substituted() || standsIn) {
                Substitution one =
                        new Substitution(
                                tensor.key().role().id(),
                                List.of(tensor.output().name()),
                                tensor.cols(),
                                standsIn ? "candidates" : tensor.asked().name(),
                                tensor.storage().name());
                byKind.merge(
                        List.of(one.role, one.cols, one.asked, one.type),
                        one,
                        PlanSummary::together);
            }
        }
        return List.copyOf(byKind.values());
    }

    private static Substitution together(Substitution a, Substitution b) {
        List<String> tensors = new ArrayList<>(a.tensors);
        tensors.addAll(b.tensors);
        return new Substitution(a.role, tensors, a.cols, a.asked, a.type);
    }

    /** The report as people read it. */
    String text() {
        Table sizes = new Table(1).row("type", "before", "after");
        for (TypeChange change : types) {
            sizes.row(change.type, orNothing(change.sourceBytes), orNothing(change.outputBytes));
        }
        sizes.row("all", Quantity.bytes(sourceBytes), Quantity.bytes(outputBytes));
        Table rest = new Table(2);
        rest.row("output", output + (simulated ? " (quantization simulated by floats)" : ""));
        rest.row(
                "bits per weight",
                Quantity.format("%.3f in the blocks' linear layers", bitsPerWeight));
        rest.row("sparsity", Quantity.percent(sparsity) + " of them");
        rest.row("peak memory", Quantity.bytes(peakBytes));
        rest.row(
                "disk",
                Quantity.bytes(diskBytes)
                        + (spillBytes == 0
                                ? ""
                                : ", of which " + Quantity.bytes(spillBytes) + " for activations"));
        rest.row(
                "time",
                Quantity.format(
                        "about %s: %s operations at %s a second",
                        Quantity.duration(seconds),
                        Quantity.count((long) operations),
                        Quantity.count((long) operationsPerSecond)));
        return sizes
                + System.lineSeparator()
                + rest
                + (allocation == null ? "" : System.lineSeparator() + allocation.text())
                + substitutionText()
                + idleText();
    }

    private String substitutionText() {
        if (substitutions.isEmpty()) {
            return "";
        }
        Table table = new Table(1).row("role", "tensors", "row", "asked", "stored");
        for (Substitution one : substitutions) {
            table.row(
                    one.role,
                    Integer.toString(one.tensors.size()),
                    Long.toString(one.cols),
                    one.asked,
                    one.type);
        }
        String title = "Rows that do not fit the blocks of the type asked for:";
        return System.lineSeparator() + title + System.lineSeparator() + table;
    }

    private String idleText() {
        return idleRules.stream()
                .map(text -> System.lineSeparator() + text + System.lineSeparator())
                .collect(Collectors.joining());
    }

    private static String orNothing(long bytes) {
        return bytes == 0 ? "-" : Quantity.bytes(bytes);
    }
}
