package dev.lathe.eval.sweep;

import dev.lathe.UsageException;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RecipeBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One compression of a sweep.
 *
 * @param name its name in the report
 * @param recipe how the model is compressed
 */
public record SweepPoint(String name, Recipe recipe) {
    /** The name of the source in the report. */
    public static final String ORIGINAL = "original";

    /**
     * The grid of every sparsity with every storage. Where neither prunes nor quantizes there is no
     * point: that is the original.
     *
     * @param base what all points have in common
     * @param sparsities shares of zeros; empty: the base's
     * @param storages what weights are stored in; empty: the base's
     * @return the points, by sparsity, then by storage
     * @throws UsageException if a point occurs twice or there is none
     */
    public static List<SweepPoint> grid(
            Recipe base, List<Double> sparsities, List<Storage> storages) {
        List<Storage> stored = storages.isEmpty() ? List.of(Storage.AS_IT_IS) : storages;
        List<SweepPoint> points = new ArrayList<>();
        for (Double sparsity : sparsities.isEmpty() ? List.of(0.0) : sparsities) {
            for (Storage storage : stored) {
                RecipeBuilder recipe = storage.in(base.toBuilder());
                List<String> words = new ArrayList<>();
                if (sparsity != 0) {
                    recipe.sparsity(sparsity);
                    words.add("sparsity " + number(sparsity));
                }
                if (!storage.name().isEmpty()) {
                    words.add(storage.name());
                }
                if (!words.isEmpty()) {
                    points.add(new SweepPoint(String.join(", ", words), recipe.build()));
                }
            }
        }
        long names = points.stream().map(SweepPoint::name).distinct().count();
        if (points.isEmpty() || names < points.size()) {
            throw new UsageException(
                    points.isEmpty()
                            ? "nothing to compress: name sparsities above 0, sizes or types"
                            : "each sparsity, size and type counts once");
        }
        return points;
    }

    /** The name of its files. */
    String file() {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._]+", "-");
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.6f", value);
        return text.replaceFirst("\\.?0+$", "");
    }
}
