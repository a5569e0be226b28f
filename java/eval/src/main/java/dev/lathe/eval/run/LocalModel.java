package dev.lathe.eval.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.compress.RunRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * A model on this machine.
 *
 * @param description name, size, and what its record tells of its compression
 * @param fingerprint checksum of its tensors' descriptions and of samples of their bytes
 */
public record LocalModel(ModelDescription description, String fingerprint) {
    private static final int SAMPLED = 4096;

    /**
     * Looks at a model.
     *
     * @param path a GGUF file or a Hugging Face folder
     * @param name its name in the report, or null for the file's
     * @return what it is
     * @throws UsageException if there is none
     * @throws DataException if it or its record is broken
     */
    public static LocalModel of(Path path, String name) {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            long bytes = 0;
            MessageDigest digest = sha256();
            for (TensorInfo tensor : checkpoint.tensors()) {
                bytes += tensor.byteLength();
                String described = tensor.name() + tensor.type() + tensor.shape();
                digest.update(described.getBytes(StandardCharsets.UTF_8));
                digest.update(sample(checkpoint, tensor));
            }
            JsonNode record = record(path);
            ModelDescription description =
                    new ModelDescription(
                            name == null ? nameOf(path) : name,
                            path.toString(),
                            bytes,
                            number(record, "bitsPerWeight"),
                            number(record, "sparsity"),
                            Map.of());
            return new LocalModel(description, HexFormat.of().formatHex(digest.digest()));
        }
    }

    private static byte[] sample(Checkpoint checkpoint, TensorInfo tensor) {
        int length = (int) Math.min(SAMPLED, tensor.byteLength());
        ByteBuffer bytes = ByteBuffer.allocateDirect(length);
        checkpoint.read(tensor, (tensor.byteLength() - length) / 2, bytes);
        byte[] copy = new byte[length];
        bytes.rewind().get(copy);
        return copy;
    }

    private static JsonNode record(Path path) {
        Path record = RunRecord.pathFor(path, Files.isDirectory(path));
        return Files.isRegularFile(record) ? RunFiles.read(record, JsonNode.class) : null;
    }

    private static Double number(JsonNode record, String field) {
        JsonNode value = record == null ? null : record.get(field);
        return value != null && value.isNumber() ? value.asDouble() : null;
    }

    private static String nameOf(Path path) {
        try {
            String file = path.toRealPath().getFileName().toString();
            return file.replaceFirst("\\.gguf$", "");
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be read", e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
