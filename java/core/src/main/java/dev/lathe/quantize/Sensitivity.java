package dev.lathe.quantize;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.checkpoint.TensorKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What quantizing each tensor of a model costs: measured, or assumed where nothing was measured.
 *
 * @param basis what was measured on, or null where all numbers are assumed
 * @param tensors the tensors in the order of the model
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Sensitivity(Basis basis, List<TensorSensitivity> tensors) {
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /**
     * Everything that the numbers of a measurement depend on.
     *
     * @param source checksum of the source
     * @param calibration checksum of the calibration tokens
     * @param sequences calibration sequences
     * @param length tokens of a sequence
     * @param settings how was quantized and measured, in words
     * @param layers blocks whose α was measured
     * @param probeTokens tokens on which the KL divergence was measured
     * @param device name of the device
     * @param kernels which kernels computed
     */
    public record Basis(
            String source,
            String calibration,
            int sequences,
            int length,
            String settings,
            List<Integer> layers,
            int probeTokens,
            String device,
            String kernels) {
        /**
         * Refuses a basis that does not say what was measured.
         *
         * @param source the component
         * @param calibration the component
         * @param sequences the component
         * @param length the component
         * @param settings the component
         * @param layers the component
         * @param probeTokens the component
         * @param device the component
         * @param kernels the component
         * @throws UsageException if source, calibration or settings are missing
         */
        public Basis {
            if (source == null || calibration == null || settings == null) {
                throw new UsageException(
                        "the basis names no source, no calibration or no settings");
            }
        }
    }

    /**
     * Takes a copy of the list.
     *
     * @param basis the component
     * @param tensors the component
     */
    public Sensitivity {
        tensors = List.copyOf(tensors);
    }

    /**
     * Whether the numbers were measured on the model.
     *
     * @return false where all of them are assumed
     */
    public boolean measured() {
        return basis != null;
    }

    /**
     * The tensors by what they are for.
     *
     * @return in the order of the model
     */
    public Map<TensorKey, TensorSensitivity> byKey() {
        Map<TensorKey, TensorSensitivity> map = new LinkedHashMap<>();
        tensors.forEach(tensor -> map.put(tensor.key(), tensor));
        return map;
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param file the file
     * @return the measurement
     * @throws UsageException if it cannot be read
     */
    public static Sensitivity read(Path file) {
        String text = CalibrationSet.read(file);
        try {
            Sensitivity sensitivity = JSON.readValue(text, Sensitivity.class);
            if (sensitivity == null || sensitivity.tensors().isEmpty()) {
                throw new UsageException(file + " holds no sensitivities");
            }
            sensitivity.byKey();
            return sensitivity;
        } catch (JsonProcessingException | LatheException e) {
            throw new UsageException(file + " is no record of sensitivities: " + message(e), e);
        }
    }

    private static String message(Exception e) {
        return e instanceof JsonProcessingException json
                ? json.getOriginalMessage()
                : e.getMessage();
    }

    /**
     * Writes the numbers as JSON; the file appears when it is complete.
     *
     * @param file the file
     * @throws UsageException if it cannot be written
     */
    public void write(Path file) {
        try {
            Path partial = file.resolveSibling(file.getFileName() + ".partial");
            Files.writeString(partial, JSON.writeValueAsString(this) + "\n");
            Files.move(
                    partial,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UsageException("sensitivities " + file + ": " + e, e);
        }
    }
}
