package dev.lathe.quantize;

import dev.lathe.UsageException;
import dev.lathe.device.DType;
import dev.lathe.prune.Sparsity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The types that a tensor may take when bits are allocated. */
public final class Candidates {
    /** What llama.cpp runs well, without types that another of their size surpasses. */
    private static final Set<String> DEFAULT =
            Set.of(
                    "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_XS",
                    "IQ4_NL", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_0", "Q4_0", "Q5_0",
                    "Q5_1");

    private Candidates() {}

    /**
     * The types that a recipe allows.
     *
     * @param names names that the recipe gives, or null for the default
     * @return types that can be written, smallest first
     * @throws UsageException if a name is unknown
     */
    public static List<DType> allowed(List<String> names) {
        Set<String> wanted =
                names == null
                        ? DEFAULT
                        : Set.copyOf(
                                names.stream()
                                        .map(name -> TypeSubstitution.writable(name).name())
                                        .toList());
        return DType.all().stream()
                .filter(type -> type.encodable() && wanted.contains(type.name()))
                .sorted(Comparator.comparingDouble(DType::bitsPerWeight))
                .toList();
    }

    /**
     * The types that a tensor may take: those that its rows fit, or what takes their place where
     * they fit none, and the one that it is stored in, which costs no error. Types without exact
     * zeros are left out where it is pruned.
     *
     * @param allowed what the recipe allows
     * @param stored the type in the source
     * @param cols weights in a row
     * @param sparsity zeros that are asked for in the tensor
     * @return at least one type
     * @throws UsageException if the tensor is pruned and no type holds exact zeros
     */
    public static List<DType> of(List<DType> allowed, DType stored, long cols, Sparsity sparsity) {
        boolean substitutes = noneFits(allowed, cols, sparsity);
        List<DType> types =
                new ArrayList<>(
                        usable(allowed, sparsity)
                                .filter(type -> substitutes || type.fits(cols))
                                .map(type -> TypeSubstitution.fitting(type, cols))
                                .distinct()
                                .toList());
        if (types.isEmpty()) {
            throw new UsageException(
                    "no candidate type holds an exact zero beside other values, as sparsity needs");
        }
        if (stored.quantized() && !sparsity.prunes() && !types.contains(stored)) {
            types.add(stored);
        }
        return types;
    }

    /**
     * Whether other types take the place of all that are allowed.
     *
     * @param allowed what the recipe allows
     * @param cols weights in a row
     * @param sparsity zeros that are asked for in the tensor
     * @return true where the blocks of no allowed type divide the row
     */
    public static boolean noneFits(List<DType> allowed, long cols, Sparsity sparsity) {
        return usable(allowed, sparsity).noneMatch(type -> type.fits(cols));
    }

    private static Stream<DType> usable(List<DType> allowed, Sparsity sparsity) {
        return allowed.stream().filter(type -> !sparsity.prunes() || type.exactZero());
    }
}
