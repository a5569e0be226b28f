package dev.lathe.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The JSON files of a Hugging Face folder. */
final class JsonFiles {
    /** An index of the largest models takes some 10 MB. */
    private static final long MAXIMUM_BYTES = 64L << 20;

    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

    private JsonFiles() {}

    /**
     * Reads a file that holds one JSON object.
     *
     * @throws UsageException if there is no such file
     * @throws DataException if it holds something else
     */
    static ObjectNode readObject(Path file) {
        JsonNode node;
        try {
            long size = Files.size(file);
            if (size > MAXIMUM_BYTES) {
                throw new DataException(
                        String.format(
                                "%s has %d bytes, at most %d are read", file, size, MAXIMUM_BYTES));
            }
            node = MAPPER.readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new UsageException(file + " does not exist", e);
        } catch (JsonProcessingException e) {
            String at =
                    e.getLocation() == null
                            ? ""
                            : String.format(
                                    " in line %d, column %d",
                                    e.getLocation().getLineNr(), e.getLocation().getColumnNr());
            throw new DataException(
                    file + " is no valid JSON" + at + ": " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new DataException(file + " cannot be read: " + e.getMessage(), e);
        }
        if (!(node instanceof ObjectNode object)) {
            throw new DataException(file + " holds no JSON object");
        }
        return object;
    }
}
