package dev.lathe.quantize;

import dev.lathe.UsageException;
import dev.lathe.device.DType;
import dev.lathe.prune.Sparsity;
import java.util.List;
import java.util.Set;

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
     * @param sparsity zeros that are asked for; types without exact zeros are left out then
     * @return types that can be written, smallest first
     * @throws UsageException if none is left, or a name is unknown
     */
    public static List<DType> allowed(List<String> names, Sparsity sparsity) {
        Set<String> wanted =
                names == null
                        ? DEFAULT
                        : Set.copyOf(
                                names.stream()
                                        .map(name -> TypeSubstitution.writable(name).name())
                                        .toList());
        List<DType> types =
                DType.all().stream()
                        .filter(type -> type.encodable() && wanted.contains(type.name()))
                        .filter(type -> !sparsity.prunes() || type.exactZero())
                        .sorted(java.util.Comparator.comparingDouble(DType::bitsPerWeight))
                        .toList();
        if (types.isEmpty()) {
            throw new UsageException(
                    "no candidate type holds an exact zero beside other values, as sparsity needs");
        }
        return types;
    }

    /**
     * The types that a tensor may take: those that its rows fit, and the one that it is stored in,
     * which costs no error.
     *
     * @param allowed what the recipe allows
     * @param stored the type in the source
     * @param cols weights in a row
     * @param sparsity zeros that are asked for
     * @return at least one type
     */
    public static List<DType> of(List<DType> allowed, DType stored, long cols, Sparsity sparsity) {
        List<DType> fitting =
                new java.util.ArrayList<>(allowed.stream().filter(t -> t.fits(cols)).toList());
        if (stored.quantized() && !sparsity.prunes() && !fitting.contains(stored)) {
            fitting.add(stored);
        }
        if (fitting.isEmpty()) {
            fitting.add(TypeSubstitution.fitting(allowed.get(0), cols));
        }
        return fitting;
    }
}
