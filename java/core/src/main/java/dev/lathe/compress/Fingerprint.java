package dev.lathe.compress;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Everything that the bytes of an output depend on. A run is taken up again only where all of it is
 * the same.
 *
 * @param lathe version of Lathe
 * @param source checksum of the source: names, types and shapes of all tensors and samples of their
 *     bytes
 * @param recipe the recipe as JSON
 * @param calibration checksum of the calibration tokens; empty where none are used
 * @param format format of the output
 * @param device name of the device
 * @param kernels which kernels compute
 * @param threads host threads
 */
record Fingerprint(
        String lathe,
        String source,
        String recipe,
        String calibration,
        String format,
        String device,
        String kernels,
        int threads) {
    private static final int SAMPLE_BYTES = 1 << 16;

    /**
     * Checksums the beginning, the middle and the end of every tensor, with everything that
     * describes it.
     */
    static String ofSource(Checkpoint checkpoint) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer buffer = ByteBuffer.allocate(SAMPLE_BYTES);
            for (TensorInfo tensor : checkpoint.tensors()) {
                String description =
                        tensor.name() + " " + tensor.type() + " " + tensor.shape() + "\n";
                digest.update(description.getBytes(StandardCharsets.UTF_8));
                long last = Math.max(0, tensor.byteLength() - SAMPLE_BYTES);
                for (long offset : new long[] {0, last / 2, last}) {
                    buffer.clear()
                            .limit((int) Math.min(SAMPLE_BYTES, tensor.byteLength() - offset));
                    checkpoint.read(tensor, offset, buffer);
                    digest.update(buffer.flip());
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** What differs from another fingerprint, in words; empty where nothing does. */
    @JsonIgnore
    String differences(Fingerprint other) {
        StringJoiner text = new StringJoiner("; ");
        Map<String, Object> theirs = other.fields();
        fields().forEach(
                        (name, value) -> {
                            if (!value.equals(theirs.get(name))) {
                                text.add(name + " was " + theirs.get(name) + ", is " + value);
                            }
                        });
        return text.toString();
    }

    private Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("lathe", lathe);
        fields.put("source", source);
        fields.put("recipe", recipe);
        fields.put("calibration", calibration);
        fields.put("format", format);
        fields.put("device", device);
        fields.put("kernels", kernels);
        fields.put("threads", threads);
        return fields;
    }
}
