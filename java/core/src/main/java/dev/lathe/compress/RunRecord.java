package dev.lathe.compress;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lathe.LatheException;
import java.nio.file.Path;
import java.util.List;

/**
 * The full record of a run, written as JSON beside its output: {@code NAME.lathe.json} for a file,
 * {@code lathe.json} in a folder.
 *
 * @param lathe version of Lathe
 * @param source name of the source
 * @param sourceSha256 checksum of the source's tensors: descriptions and samples
 * @param recipe the recipe with its defaults filled in
 * @param device name of the device, or names of several
 * @param kernels which kernels computed
 * @param threads host threads
 * @param batchSequences sequences that went through a layer at once, or null where none did
 * @param devicePeakBytes most bytes of tensors at once in the memory of a GPU, or null without one
 * @param calibration what was calibrated on, or null
 * @param format {@code gguf} or {@code safetensors}
 * @param simulated whether types are simulated by floats of the same values
 * @param sourceBytes bytes of the source's tensors
 * @param outputBytes bytes of the output's tensors
 * @param bitsPerWeight average over the blocks' linear weights
 * @param allocation how a budget was divided, or null where there was none
 * @param sparsity zeros that masks set, divided by the blocks' linear weights
 * @param predictedPeakBytes most resident memory, as estimated before the run
 * @param peakBytes most resident memory of the process, as measured; 0 where the system does not
 *     tell
 * @param seconds time from start to end, of the last run where there were interruptions
 * @param notices what the user was told
 * @param outputs files with their sizes and checksums
 * @param tensors what became of each tensor
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunRecord(
        String lathe,
        String source,
        String sourceSha256,
        @JsonRawValue String recipe,
        String device,
        String kernels,
        int threads,
        Integer batchSequences,
        Long devicePeakBytes,
        Calibration calibration,
        String format,
        boolean simulated,
        long sourceBytes,
        long outputBytes,
        double bitsPerWeight,
        Allocated allocation,
        double sparsity,
        long predictedPeakBytes,
        long peakBytes,
        double seconds,
        List<String> notices,
        List<Output> outputs,
        List<TensorRecord> tensors) {
    private static final ObjectMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.LOWER_CAMEL_CASE)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build();

    /**
     * What a run was calibrated on.
     *
     * @param source file, the built-in set, or an imatrix
     * @param sequences number of sequences
     * @param length tokens of a sequence
     * @param tokens tokens in all
     * @param seed which sequences were drawn
     * @param sha256 checksum of the token ids
     */
    public record Calibration(
            String source, int sequences, int length, long tokens, long seed, String sha256) {}

    /**
     * How a budget was divided.
     *
     * @param budgetBytes bytes that the tensors in play might take
     * @param bytes bytes that they took
     * @param predictedLoss predicted rise of the output's KL divergence, in nats per token
     * @param sensitivity the file of the sensitivities, which lies beside the output
     */
    public record Allocated(
            long budgetBytes, long bytes, double predictedLoss, String sensitivity) {}

    /**
     * A written file.
     *
     * @param file its name
     * @param bytes its size
     * @param sha256 its checksum
     */
    public record Output(String file, long bytes, String sha256) {}

    /**
     * Where the record of an output lies.
     *
     * @param output the output
     * @param folder whether it is a folder
     * @return the record's path
     */
    public static Path pathFor(Path output, boolean folder) {
        return folder
                ? output.resolve("lathe.json")
                : output.resolveSibling(output.getFileName() + ".lathe.json");
    }

    /**
     * The record as JSON.
     *
     * @return indented text
     */
    public String toJson() {
        try {
            return JSON.writeValueAsString(this) + "\n";
        } catch (JsonProcessingException e) {
            throw new LatheException("writing the record: " + e.getMessage(), e);
        }
    }
}
