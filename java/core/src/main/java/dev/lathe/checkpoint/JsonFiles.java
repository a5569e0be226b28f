package dev.lathe.checkpoint;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** The small files of a Hugging Face folder, most of them JSON. */
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
            node = MAPPER.readTree(readBounded(file));
        } catch (JsonProcessingException e) {
            // Text that passes a bound of the parser, for example of nesting, has no location.
            JsonLocation at = e.getLocation();
            String place =
                    at == null
                            ? ""
                            : String.format(
                                    " in line %d, column %d", at.getLineNr(), at.getColumnNr());
            throw new DataException(
                    String.format(
                            "%s is no valid JSON%s: %s",
                            file, place, Printable.of(e.getOriginalMessage())),
                    e);
        } catch (IOException e) {
            throw new DataException(file + " cannot be read: " + e.getMessage(), e);
        }
        if (!(node instanceof ObjectNode object)) {
            throw new DataException(file + " holds no JSON object");
        }
        return object;
    }

    /**
     * Reads a whole small file.
     *
     * @throws UsageException if there is no such file
     * @throws DataException if it is too large or cannot be read
     */
    static byte[] readBounded(Path file) {
        try {
            long size = Files.size(file);
            if (size > MAXIMUM_BYTES) {
                throw new DataException(
                        String.format(
                                "%s has %d bytes, at most %d are read", file, size, MAXIMUM_BYTES));
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new UsageException(file + " does not exist", e);
        } catch (IOException e) {
            throw new DataException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Prints an object with one field a line, the same on every system. */
    static byte[] toBytes(ObjectNode json) {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter(
                                Separators.createDefaultInstance()
                                        .withObjectFieldValueSpacing(Separators.Spacing.AFTER))
                        .withObjectIndenter(indenter)
                        .withArrayIndenter(indenter);
        try {
            byte[] text = MAPPER.writer(printer).writeValueAsBytes(json);
            byte[] lines = Arrays.copyOf(text, text.length + 1);
            lines[text.length] = '\n';
            return lines;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree in memory cannot be printed", e);
        }
    }
}
