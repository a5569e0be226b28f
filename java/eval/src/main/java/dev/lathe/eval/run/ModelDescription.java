package dev.lathe.eval.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;

/**
 * A model under test.
 *
 * @param name short and unique in a report
 * @param location file, folder or address
 * @param bytes size of its tensors or files; null where unknown (a server)
 * @param bitsPerWeight average over the blocks' linear weights; null where unknown
 * @param sparsity share of zeros among them; null where unknown
 * @param engine what ran it; empty before it ran
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ModelDescription(
        String name,
        String location,
        Long bytes,
        Double bitsPerWeight,
        Double sparsity,
        Map<String, String> engine) {
    /**
     * A model of which this machine has no files.
     *
     * @param name its name in the report
     * @param served what its server calls it
     * @return a description without sizes
     */
    public static ModelDescription served(String name, String served) {
        return new ModelDescription(name, served, null, null, null, Map.of());
    }

    /**
     * The same model with its engine.
     *
     * @param value what runs it
     * @return a copy
     */
    public ModelDescription withEngine(Map<String, String> value) {
        return new ModelDescription(name, location, bytes, bitsPerWeight, sparsity, value);
    }
}
