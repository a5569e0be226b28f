package dev.lathe.quantize;

import dev.lathe.checkpoint.TensorKey;
import dev.lathe.device.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The types that a budget of bytes was divided into.
 *
 * @param budget bytes that the tensors in play may take
 * @param bytes bytes that they take
 * @param weights their weights
 * @param loss predicted rise of the KL divergence of the output, in nats per token: Σ α · e
 * @param measured whether the losses were measured on the model, else they are assumed
 * @param tensors the tensors in play
 * @param frontier what other budgets would give, smallest first
 */
public record Allocation(
        long budget,
        long bytes,
        long weights,
        double loss,
        boolean measured,
        List<Assigned> tensors,
        List<Point> frontier) {
    /** Budgets that a frontier shows. */
    private static final int POINTS = 24;

    /**
     * A tensor with its choices.
     *
     * @param key the tensor
     * @param weights its weights
     * @param choices what it may take; one where a rule fixes it
     * @param fixed whether a rule fixes it
     * @param sensitivity what quantizing it costs
     */
    public record Item(
            TensorKey key,
            long weights,
            List<Choice> choices,
            boolean fixed,
            TensorSensitivity sensitivity) {}

    /**
     * A tensor with its type.
     *
     * @param key the tensor
     * @param type the type that it takes
     * @param bytes its bytes
     * @param weights its weights
     * @param loss its share of the predicted loss
     * @param fixed whether a rule fixed the type
     * @param sensitivity what quantizing it costs
     */
    public record Assigned(
            TensorKey key,
            DType type,
            long bytes,
            long weights,
            double loss,
            boolean fixed,
            TensorSensitivity sensitivity) {}

    /**
     * A size and the loss that it comes with.
     *
     * @param bytes bytes of the tensors in play
     * @param loss predicted loss
     */
    public record Point(long bytes, double loss) {}

    /**
     * Takes copies of the lists.
     *
     * @param budget the component
     * @param bytes the component
     * @param weights the component
     * @param loss the component
     * @param measured the component
     * @param tensors the component
     * @param frontier the component
     */
    public Allocation {
        tensors = List.copyOf(tensors);
        frontier = List.copyOf(frontier);
    }

    /**
     * Divides a budget.
     *
     * @param items the tensors in play
     * @param budget bytes of all of them
     * @param measured whether their losses were measured
     * @return the allocation, or empty where even the smallest choices do not fit
     */
    public static Optional<Allocation> of(List<Item> items, long budget, boolean measured) {
        List<List<Choice>> choices = items.stream().map(Item::choices).toList();
        int[] chosen = Allocator.solve(choices, budget);
        if (chosen == null) {
            return Optional.empty();
        }
        List<Assigned> tensors = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            Item item = items.get(i);
            Choice choice = item.choices().get(chosen[i]);
            tensors.add(
                    new Assigned(
                            item.key(),
                            choice.type(),
                            choice.bytes(),
                            item.weights(),
                            choice.loss(),
                            item.fixed(),
                            item.sensitivity()));
        }
        Point point = point(choices, chosen);
        long weights = items.stream().mapToLong(Item::weights).sum();
        return Optional.of(
                new Allocation(
                        budget,
                        point.bytes(),
                        weights,
                        point.loss(),
                        measured,
                        tensors,
                        frontier(choices)));
    }

    /**
     * The fewest bytes that choices allow.
     *
     * @param items the tensors in play
     * @return bytes of their smallest choices together
     */
    public static long smallest(List<Item> items) {
        return Allocator.smallest(items.stream().map(Item::choices).toList());
    }

    private static List<Point> frontier(List<List<Choice>> choices) {
        long smallest = Allocator.smallest(choices);
        long largest =
                choices.stream()
                        .mapToLong(c -> c.stream().mapToLong(Choice::bytes).max().orElseThrow())
                        .sum();
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < POINTS; i++) {
            double share = (double) i / (POINTS - 1);
            // Equal ratios: losses fall by a factor for each bit, so small sizes deserve more
            // points.
            long budget = Math.round(smallest * Math.pow((double) largest / smallest, share));
            int[] chosen = Allocator.solve(choices, Math.max(smallest, budget));
            Point point = point(choices, chosen);
            if (points.isEmpty() || point.bytes() > points.get(points.size() - 1).bytes()) {
                points.add(point);
            }
        }
        return points;
    }

    private static Point point(List<List<Choice>> choices, int[] chosen) {
        long bytes = 0;
        double loss = 0;
        for (int i = 0; i < chosen.length; i++) {
            Choice choice = choices.get(i).get(chosen[i]);
            bytes += choice.bytes();
            loss += choice.loss();
        }
        return new Point(bytes, loss);
    }

    /**
     * The chosen types.
     *
     * @return by tensor
     */
    public Map<TensorKey, DType> types() {
        Map<TensorKey, DType> types = new LinkedHashMap<>();
        tensors.forEach(tensor -> types.put(tensor.key(), tensor.type()));
        return types;
    }
}
