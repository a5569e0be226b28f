package dev.lathe.checkpoint;

import java.util.Map;

/**
 * The numbers under which GGUF states the mix of types of a whole file ({@code general.file_type});
 * llama.cpp shows the name and computes nothing from it.
 */
public final class GgufFileType {
    /** The metadata key of the number. */
    public static final String KEY = "general.file_type";

    /** The number of a file whose mix has no name. */
    public static final int UNNAMED = 1024;

    private static final Map<String, Integer> NUMBERS =
            Map.ofEntries(
                    Map.entry("F32", 0),
                    Map.entry("F16", 1),
                    Map.entry("Q4_0", 2),
                    Map.entry("Q4_1", 3),
                    Map.entry("Q8_0", 7),
                    Map.entry("Q5_0", 8),
                    Map.entry("Q5_1", 9),
                    Map.entry("Q2_K", 10),
                    Map.entry("Q3_K", 11),
                    Map.entry("Q3_K_S", 11),
                    Map.entry("Q3_K_M", 12),
                    Map.entry("Q3_K_L", 13),
                    Map.entry("Q4_K", 14),
                    Map.entry("Q4_K_S", 14),
                    Map.entry("Q4_K_M", 15),
                    Map.entry("Q5_K", 16),
                    Map.entry("Q5_K_S", 16),
                    Map.entry("Q5_K_M", 17),
                    Map.entry("Q6_K", 18),
                    Map.entry("IQ2_XXS", 19),
                    Map.entry("IQ2_XS", 20),
                    Map.entry("Q2_K_S", 21),
                    Map.entry("IQ3_XS", 22),
                    Map.entry("IQ3_XXS", 23),
                    Map.entry("IQ1_S", 24),
                    Map.entry("IQ4_NL", 25),
                    Map.entry("IQ3_S", 26),
                    Map.entry("IQ3_M", 27),
                    Map.entry("IQ2_S", 28),
                    Map.entry("IQ2_M", 29),
                    Map.entry("IQ4_XS", 30),
                    Map.entry("IQ1_M", 31),
                    Map.entry("BF16", 32),
                    Map.entry("TQ1_0", 36),
                    Map.entry("TQ2_0", 37),
                    Map.entry("MXFP4", 38),
                    Map.entry("MXFP4_MOE", 38),
                    Map.entry("NVFP4", 39),
                    Map.entry("Q1_0", 40),
                    Map.entry("Q2_0", 41));

    private GgufFileType() {}

    /**
     * Returns the number of a type or mix.
     *
     * @param name a type ("Q4_K") or a mix of llama-quantize ("Q4_K_M")
     * @return the number, or {@link #UNNAMED}
     */
    public static int of(String name) {
        return NUMBERS.getOrDefault(name, UNNAMED);
    }
}
