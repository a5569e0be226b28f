package dev.lathe.quantize;

import dev.lathe.UsageException;
import dev.lathe.device.DType;
import java.util.List;
import java.util.Map;

/**
 * What a tensor is stored in where its rows are no whole number of blocks of the type asked for.
 * Types with super-blocks of 256 give way to the type of the same width with blocks of 32; rows
 * that do not fit that either are stored as F16.
 */
public final class TypeSubstitution {
    private static final Map<String, String> NARROWER_BLOCKS =
            Map.ofEntries(
                    Map.entry("Q2_K", "Q4_0"),
                    Map.entry("Q3_K", "Q4_0"),
                    Map.entry("TQ1_0", "Q4_0"),
                    Map.entry("TQ2_0", "Q4_0"),
                    Map.entry("Q2_0", "Q4_0"),
                    Map.entry("Q4_K", "Q5_0"),
                    Map.entry("Q5_K", "Q5_1"),
                    Map.entry("Q6_K", "Q8_0"));
    private static final List<String> TO_IQ4_NL = List.of("IQ1", "IQ2", "IQ3", "IQ4_XS");

    /** Types of intermediate results, and F64, which no weights are stored in. */
    private static final List<String> INTERNAL = List.of("Q8_1", "Q8_K", "F64");

    private TypeSubstitution() {}

    /**
     * The type that a matrix is stored in.
     *
     * @param asked the type asked for
     * @param cols weights in a row
     * @return the type itself where rows fit it, else its substitute
     */
    public static DType fitting(DType asked, long cols) {
        if (asked.fits(cols)) {
            return asked;
        }
        DType narrower = DType.of(narrower(asked.name()));
        return narrower.fits(cols) ? narrower : DType.F16;
    }

    /**
     * Finds a type that plans can speak of: one that can be read, whether or not it can be written.
     *
     * @param name ggml's name, in any case
     * @return the type
     * @throws UsageException if there is none, naming those that can be written
     */
    public static DType known(String name) {
        return DType.all().stream()
                .filter(type -> type.decodable() && type.name().equalsIgnoreCase(name))
                .filter(type -> !INTERNAL.contains(type.name()))
                .findFirst()
                .orElseGet(() -> writable(name));
    }

    /**
     * Finds a type that Lathe can write.
     *
     * @param name ggml's name, in any case
     * @return the type
     * @throws UsageException if there is none, naming those that there are
     */
    public static DType writable(String name) {
        return DType.all().stream()
                .filter(type -> type.encodable() && type.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new UsageException(
                                        "type '"
                                                + name
                                                + "' cannot be written; types that can: "
                                                + String.join(
                                                        ", ",
                                                        DType.all().stream()
                                                                .filter(DType::encodable)
                                                                .map(DType::name)
                                                                .toList())));
    }

    private static String narrower(String name) {
        if (TO_IQ4_NL.stream().anyMatch(name::startsWith)) {
            return "IQ4_NL";
        }
        return NARROWER_BLOCKS.getOrDefault(name, "F16");
    }
}
