package dev.lathe.quantize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Chooses one of several choices for each tensor so that the sum of losses is small and the sum of
 * bytes stays within a budget (a multiple-choice knapsack).
 *
 * <p>Minimise Σ loss subject to Σ bytes ≤ budget. Relaxed by a Lagrange multiplier, each tensor
 * takes a corner of the lower convex hull of its (bytes, loss); as the multiplier falls, corners
 * are passed in the order of their slopes Δloss/Δbytes. So: begin with the smallest choices, take
 * hull steps in that order while they fit, fill what is left with the best steps that fit (off the
 * hull too), then exchange: one tensor's step down pays for another's step up, as long as the sum
 * falls.
 */
final class Allocator {
    private final List<List<Choice>> tensors;
    private final long budget;
    private final int[] chosen;
    private long left;

    private Allocator(List<List<Choice>> tensors, long budget) {
        this.tensors = tensors;
        this.budget = budget;
        this.chosen = new int[tensors.size()];
    }

    /**
     * Solves.
     *
     * @param tensors the choices of each tensor, at least one each
     * @param budget bytes of all tensors together
     * @return an index into each tensor's choices, or null where even the smallest do not fit
     */
    static int[] solve(List<List<Choice>> tensors, long budget) {
        List<List<Choice>> useful = tensors.stream().map(Allocator::useful).toList();
        Allocator allocator = new Allocator(useful, budget);
        if (!allocator.begin()) {
            return null;
        }
        allocator.followHulls();
        allocator.fill();
        allocator.exchange();
        int[] indices = new int[tensors.size()];
        for (int i = 0; i < indices.length; i++) {
            indices[i] = tensors.get(i).indexOf(useful.get(i).get(allocator.chosen[i]));
        }
        return indices;
    }

    /**
     * The fewest bytes that the choices allow.
     *
     * @param tensors the choices of each tensor
     * @return their sum
     */
    static long smallest(List<List<Choice>> tensors) {
        return tensors.stream()
                .mapToLong(choices -> choices.stream().mapToLong(Choice::bytes).min().orElseThrow())
                .sum();
    }

    /** In ascending order of bytes and descending order of losses; what is worse in both is out. */
    private static List<Choice> useful(List<Choice> choices) {
        List<Choice> sorted = new ArrayList<>(choices);
        sorted.sort(Comparator.comparingLong(Choice::bytes).thenComparingDouble(Choice::loss));
        List<Choice> kept = new ArrayList<>();
        for (Choice choice : sorted) {
            if (kept.isEmpty() || choice.loss() < kept.get(kept.size() - 1).loss()) {
                kept.add(choice);
            }
        }
        return kept;
    }

    private boolean begin() {
        long smallest = tensors.stream().mapToLong(choices -> choices.get(0).bytes()).sum();
        left = budget - smallest;
        return left >= 0;
    }

    /** A step from one choice of a tensor to another; bytes and gain are those of the step. */
    private record Step(int tensor, int to, long bytes, double gain) {
        double slope() {
            return gain / bytes;
        }
    }

    private Step step(int tensor, int from, int to) {
        Choice a = tensors.get(tensor).get(from);
        Choice b = tensors.get(tensor).get(to);
        return new Step(tensor, to, b.bytes() - a.bytes(), a.loss() - b.loss());
    }

    private void take(Step step) {
        chosen[step.tensor] = step.to;
        left -= step.bytes;
    }

    private void followHulls() {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            List<Integer> hull = hull(tensors.get(i));
            for (int k = 1; k < hull.size(); k++) {
                steps.add(step(i, hull.get(k - 1), hull.get(k)));
            }
        }
        // Slopes fall along a hull, and the sort is stable: a tensor's steps stay in their order.
        steps.sort(Comparator.comparingDouble(Step::slope).reversed());
        boolean[] stopped = new boolean[tensors.size()];
        for (Step step : steps) {
            if (!stopped[step.tensor] && step.bytes <= left) {
                take(step);
            } else {
                stopped[step.tensor] = true;
            }
        }
    }

    /** Indices of the corners of the lower convex hull, first and last choice included. */
    private static List<Integer> hull(List<Choice> choices) {
        List<Integer> corners = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            while (corners.size() >= 2
                    && !convex(
                            choices.get(corners.get(corners.size() - 2)),
                            choices.get(corners.get(corners.size() - 1)),
                            choices.get(i))) {
                corners.remove(corners.size() - 1);
            }
            corners.add(i);
        }
        return corners;
    }

    /** Whether b lies below the line from a to c. */
    private static boolean convex(Choice a, Choice b, Choice c) {
        return (a.loss() - b.loss()) * (c.bytes() - b.bytes())
                > (b.loss() - c.loss()) * (b.bytes() - a.bytes());
    }

    private void fill() {
        Step best;
        do {
            best = null;
            for (int i = 0; i < tensors.size(); i++) {
                for (int to = chosen[i] + 1; to < tensors.get(i).size(); to++) {
                    Step step = step(i, chosen[i], to);
                    if (step.bytes <= left && (best == null || step.slope() > best.slope())) {
                        best = step;
                    }
                }
            }
            if (best != null) {
                take(best);
            }
        } while (best != null);
    }

    private void exchange() {
        for (int round = 0; round < 8 * tensors.size(); round++) {
            Step[] pair = bestExchange();
            if (pair == null) {
                return;
            }
            take(pair[0]);
            take(pair[1]);
            fill();
        }
    }

    /** The step down and the step up of another tensor that together gain most, or null. */
    private Step[] bestExchange() {
        List<Step> downs = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            for (int to = 0; to < chosen[i]; to++) {
                downs.add(step(i, chosen[i], to));
            }
        }
        downs.sort(Comparator.comparingLong(Step::bytes));
        Cheapest cheapest = new Cheapest(downs);
        Step[] best = null;
        double gained = 0;
        for (int i = 0; i < tensors.size(); i++) {
            for (int to = chosen[i] + 1; to < tensors.get(i).size(); to++) {
                Step up = step(i, chosen[i], to);
                Step down = cheapest.freeing(up.bytes - left, i);
                double gain = down == null ? 0 : up.gain + down.gain;
                // A gain within rounding of the sums could go round in circles.
                if (gain > gained && gain > 1e-12 * up.gain) {
                    gained = gain;
                    best = new Step[] {down, up};
                }
            }
        }
        return best;
    }

    /** Answers which step down that frees enough bytes costs least. */
    private static final class Cheapest {
        private final long[] freed;
        private final Step[] first;
        private final Step[] second;

        /** Steps down, those that free most first. */
        Cheapest(List<Step> downs) {
            freed = new long[downs.size()];
            first = new Step[downs.size()];
            second = new Step[downs.size()];
            Step one = null;
            Step other = null;
            for (int i = 0; i < downs.size(); i++) {
                Step down = downs.get(i);
                if (one == null || down.gain > one.gain) {
                    other = one == null || one.tensor == down.tensor ? other : one;
                    one = down;
                } else if (down.tensor != one.tensor && (other == null || down.gain > other.gain)) {
                    other = down;
                }
                freed[i] = down.bytes;
                first[i] = one;
                second[i] = other;
            }
        }

        /** Of another tensor than the given one; null where there is none. */
        Step freeing(long bytes, int tensor) {
            int low = Arrays.binarySearch(freed, -bytes);
            int end = low >= 0 ? low : -low - 2;
            while (end + 1 < freed.length && freed[end + 1] <= -bytes) {
                end++;
            }
            if (end < 0) {
                return null;
            }
            return first[end].tensor != tensor ? first[end] : second[end];
        }
    }
}
