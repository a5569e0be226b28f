package dev.lathe.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.device.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AllocatorTest {
    private static final double[] BITS = {
        1.5625, 1.75, 2.0625, 2.625, 3.4375, 4.5, 5.5, 6.5625, 8.5
    };

    private static List<Choice> tensor(Random random, int choices) {
        List<Choice> list = new ArrayList<>();
        for (int i = 0; i < choices; i++) {
            list.add(new Choice(DType.F32, 1 + random.nextInt(1000), random.nextDouble()));
        }
        return list;
    }

    /** Sizes and error curves as a model has them: errors fall by about 4 for each bit. */
    private static List<Choice> layer(Random random) {
        long weights = 65536L * (1 + random.nextInt(20));
        double sensitivity = Math.exp(2 * random.nextGaussian());
        List<Choice> list = new ArrayList<>();
        for (double bits : BITS) {
            double error = Math.pow(4, -bits) * Math.exp(0.2 * random.nextGaussian());
            list.add(new Choice(DType.F32, (long) (weights * bits / 8), sensitivity * error));
        }
        return list;
    }

    private static long bytes(List<List<Choice>> tensors, int[] chosen) {
        long sum = 0;
        for (int i = 0; i < chosen.length; i++) {
            sum += tensors.get(i).get(chosen[i]).bytes();
        }
        return sum;
    }

    private static double loss(List<List<Choice>> tensors, int[] chosen) {
        double sum = 0;
        for (int i = 0; i < chosen.length; i++) {
            sum += tensors.get(i).get(chosen[i]).loss();
        }
        return sum;
    }

    /** The least loss of all combinations within the budget. */
    private static double exhaustive(List<List<Choice>> tensors, int at, long left) {
        if (left < 0) {
            return Double.POSITIVE_INFINITY;
        }
        if (at == tensors.size()) {
            return 0;
        }
        double best = Double.POSITIVE_INFINITY;
        for (Choice choice : tensors.get(at)) {
            best =
                    Math.min(
                            best,
                            choice.loss() + exhaustive(tensors, at + 1, left - choice.bytes()));
        }
        return best;
    }

    /**
     * Arbitrary points have no hull to speak of, the hardest case. The relaxation's bound says that
     * the hull steps alone come within one step of the optimum; fill and exchanges bring nearly all
     * instances to the optimum itself.
     */
    @Test
    void arbitraryInstancesComeCloseToTheExhaustiveOptimum() {
        Random random = new Random(7);
        int optimal = 0;
        int solved = 0;
        double excess = 0;
        for (int round = 0; round < 2000; round++) {
            List<List<Choice>> tensors = new ArrayList<>();
            int count = 1 + random.nextInt(6);
            for (int i = 0; i < count; i++) {
                tensors.add(tensor(random, 1 + random.nextInt(5)));
            }
            long smallest = Allocator.smallest(tensors);
            long budget = smallest + random.nextInt(1500);
            int[] chosen = Allocator.solve(tensors, budget);
            assertTrue(bytes(tensors, chosen) <= budget);
            double best = exhaustive(tensors, 0, budget);
            double found = loss(tensors, chosen);
            assertTrue(found >= best - 1e-12, found + " below the optimum " + best);
            assertTrue(found - best <= 1, "more than one step from the optimum");
            optimal += found <= best + 1e-12 ? 1 : 0;
            excess += found - best;
            solved++;
            assertNull(Allocator.solve(tensors, smallest - 1));
        }
        assertTrue(optimal >= 0.9 * solved, optimal + " of " + solved + " optimal");
        assertTrue(excess / solved < 0.01, "mean excess " + excess / solved);
    }

    /** Lagrangian duality bounds the optimum from below. */
    @Test
    void modelsComeCloseToTheDualBoundAndUseTheBudget() {
        Random random = new Random(11);
        for (int round = 0; round < 40; round++) {
            List<List<Choice>> tensors = new ArrayList<>();
            for (int i = 0; i < 196; i++) {
                tensors.add(layer(random));
            }
            long weights =
                    tensors.stream().mapToLong(t -> (long) (t.get(0).bytes() * 8 / BITS[0])).sum();
            double target = 1.7 + 4 * random.nextDouble();
            long budget = (long) (weights * target / 8);
            int[] chosen = Allocator.solve(tensors, budget);
            long used = bytes(tensors, chosen);
            assertTrue(used <= budget);
            assertTrue(used >= 0.999 * budget, used + " of " + budget);
            double bound = lowerBound(tensors, budget);
            double found = loss(tensors, chosen);
            assertTrue(found >= bound * (1 - 1e-9));
            assertTrue(found <= 1.002 * bound, "round " + round + ": " + found + ", " + bound);
        }
    }

    /**
     * For every price of a byte, Σ min(loss + price · bytes) − price · budget lies below the loss
     * of all that fits; the greatest such bound is found by bisection.
     */
    private static double lowerBound(List<List<Choice>> tensors, long budget) {
        double low = 0;
        double high = 1;
        double bound = 0;
        for (int i = 0; i < 200; i++) {
            double price = (low + high) / 2;
            double sum = -price * budget;
            long used = 0;
            for (List<Choice> choices : tensors) {
                Choice best = choices.get(0);
                for (Choice choice : choices) {
                    if (cost(choice, price) < cost(best, price)) {
                        best = choice;
                    }
                }
                sum += cost(best, price);
                used += best.bytes();
            }
            bound = Math.max(bound, sum);
            if (used > budget) {
                low = price;
            } else {
                high = price;
            }
        }
        return bound;
    }

    private static double cost(Choice choice, double price) {
        return choice.loss() + price * choice.bytes();
    }

    @Test
    void aBudgetForEverythingTakesTheLeastLoss() {
        Random random = new Random(3);
        List<List<Choice>> tensors = new ArrayList<>();
        double least = 0;
        for (int i = 0; i < 20; i++) {
            List<Choice> choices = tensor(random, 6);
            tensors.add(choices);
            least += choices.stream().mapToDouble(Choice::loss).min().orElseThrow();
        }
        assertEquals(least, loss(tensors, Allocator.solve(tensors, 1 << 20)), 1e-12);
    }

    @Test
    void aFixedTensorKeepsItsOnlyChoice() {
        List<Choice> fixed = List.of(new Choice(DType.F32, 500, 9));
        List<Choice> free = List.of(new Choice(DType.F32, 100, 5), new Choice(DType.F32, 400, 1));
        assertEquals(List.of(0, 0), list(Allocator.solve(List.of(fixed, free), 899)));
        assertEquals(List.of(0, 1), list(Allocator.solve(List.of(fixed, free), 900)));
        assertNull(Allocator.solve(List.of(fixed, free), 599));
    }

    private static List<Integer> list(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }
}
