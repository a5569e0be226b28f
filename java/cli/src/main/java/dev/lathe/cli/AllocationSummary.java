package dev.lathe.cli;

import dev.lathe.compress.FileSize;
import dev.lathe.quantize.Allocation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How a budget was divided.
 *
 * @param budgetBytes bytes that the tensors in play may take
 * @param bytes bytes that they take
 * @param weights their weights
 * @param predictedLoss predicted rise of the output's KL divergence, in nats per token
 * @param measured whether the losses follow from measurements on this model
 * @param sensitivitiesMeasured tensors whose own sensitivity was measured; that of the others is
 *     interpolated, or assumed where nothing was measured
 * @param tensors every tensor with its type
 * @param frontier what other sizes would cost
 */
record AllocationSummary(
        long budgetBytes,
        long bytes,
        long weights,
        double predictedLoss,
        boolean measured,
        int sensitivitiesMeasured,
        List<TensorChoice> tensors,
        List<Point> frontier) {

    /**
     * A tensor with its type.
     *
     * @param role what it is for
     * @param layer index of its block, -1 outside the blocks
     * @param type the type
     * @param bytes its bytes
     * @param loss its share of the predicted loss
     * @param fixed whether a rule fixed the type
     * @param sensitivityMeasured whether its own sensitivity was measured
     */
    record TensorChoice(
            String role,
            int layer,
            String type,
            long bytes,
            double loss,
            boolean fixed,
            boolean sensitivityMeasured) {}

    /**
     * A point of the frontier.
     *
     * @param bytes bytes of the tensors in play
     * @param bitsPerWeight bits of their weights
     * @param loss predicted loss
     */
    record Point(long bytes, double bitsPerWeight, double loss) {}

    static AllocationSummary of(Allocation allocation) {
        List<TensorChoice> tensors = new ArrayList<>();
        int measured = 0;
        for (Allocation.Assigned tensor : allocation.tensors()) {
            boolean own = tensor.sensitivity().sensitivityMeasured();
            measured += own ? 1 : 0;
            tensors.add(
                    new TensorChoice(
                            tensor.key().role().id(),
                            tensor.key().layer(),
                            tensor.type().name(),
                            tensor.bytes(),
                            tensor.loss(),
                            tensor.fixed(),
                            own));
        }
        List<Point> frontier =
                allocation.frontier().stream()
                        .map(
                                point ->
                                        new Point(
                                                point.bytes(),
                                                8.0 * point.bytes() / allocation.weights(),
                                                point.loss()))
                        .toList();
        return new AllocationSummary(
                allocation.budget(),
                allocation.bytes(),
                allocation.weights(),
                allocation.loss(),
                allocation.measured(),
                measured,
                tensors,
                frontier);
    }

    /** The report as people read it. */
    String text() {
        String line = System.lineSeparator();
        Table head = new Table(2);
        head.row(
                "allocation",
                Quantity.format(
                        "%s of %s, %.3f bits per weight in play",
                        FileSize.text(bytes), FileSize.text(budgetBytes), 8.0 * bytes / weights));
        head.row("predicted loss", Quantity.format("%.3g nats of KL divergence", predictedLoss));
        head.row("basis", basis());
        return head + line + choices() + line + frontierTable() + line + FrontierPlot.text(this);
    }

    private String basis() {
        if (!measured) {
            return "assumed from other models, nothing was measured (--measure does)";
        }
        return Quantity.format(
                "errors measured for every tensor, sensitivity for %d of %d; the others"
                        + " interpolated",
                sensitivitiesMeasured, tensors.size());
    }

    /** Which roles got which types, and how many tensors of each. */
    private Table choices() {
        Map<String, TreeMap<String, Integer>> byRole = new LinkedHashMap<>();
        Map<String, double[]> sums = new LinkedHashMap<>();
        for (TensorChoice tensor : tensors) {
            byRole.computeIfAbsent(tensor.role, role -> new TreeMap<>())
                    .merge(tensor.type + (tensor.fixed ? " (rule)" : ""), 1, Integer::sum);
            double[] sum = sums.computeIfAbsent(tensor.role, role -> new double[2]);
            sum[0] += tensor.bytes;
            sum[1] += tensor.loss;
        }
        Table table = new Table(1).row("role", "size", "loss", "types");
        byRole.forEach(
                (role, types) -> {
                    List<String> words = new ArrayList<>();
                    types.forEach((type, count) -> words.add(count + " " + type));
                    double[] sum = sums.get(role);
                    table.row(
                            role,
                            FileSize.text((long) sum[0]),
                            Quantity.format("%.3g", sum[1]),
                            String.join(", ", words));
                });
        return table;
    }

    private Table frontierTable() {
        Table table = new Table(0).row("size in play", "bits per weight", "predicted loss");
        for (Point point : frontier) {
            table.row(
                    FileSize.text(point.bytes),
                    Quantity.format("%.3f", point.bitsPerWeight),
                    Quantity.format("%.3g", point.loss));
        }
        return table;
    }
}
