package dev.lathe.checkpoint;

import dev.lathe.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file that was written.
 *
 * @param path the file under its final name
 * @param bytes its size
 * @param sha256 its SHA-256, 64 hexadecimal digits
 */
public record OutputFile(Path path, long bytes, String sha256) {
    private static final int CHUNK = 1 << 20;

    /**
     * Reads a file and computes its checksum.
     *
     * @param path the file
     * @return what lies there
     * @throws DataException if it cannot be read
     */
    public static OutputFile of(Path path) {
        try (InputStream input = Files.newInputStream(path)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[CHUNK];
            long bytes = 0;
            for (int count = input.read(chunk); count >= 0; count = input.read(chunk)) {
                digest.update(chunk, 0, count);
                bytes += count;
            }
            return new OutputFile(path, bytes, HexFormat.of().formatHex(digest.digest()));
        } catch (IOException e) {
            throw new DataException(path + " cannot be read: " + e.getMessage(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
