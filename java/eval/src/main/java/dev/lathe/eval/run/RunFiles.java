package dev.lathe.eval.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lathe.DataException;
import dev.lathe.LatheException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** JSON of a run's folder: read with checks, written whole or not at all. */
final class RunFiles {
    /** Outputs of models run into megabytes where a loop is not cut off. */
    static final int LONGEST_LINE = 256 << 20;

    static final ObjectMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxStringLength(LONGEST_LINE)
                                                    .build())
                                    .build())
                    .build();

    private RunFiles() {}

    /** Reads one value. */
    static <T> T read(Path file, Class<T> type) {
        return parse(file, "", text(file), type);
    }

    /** Reads one value per line. */
    static <T> List<T> readLines(Path file, Class<T> type) {
        List<T> values = new ArrayList<>();
        for (String line : text(file).lines().toList()) {
            values.add(parse(file, "line " + (values.size() + 1) + ": ", line, type));
        }
        return values;
    }

    /** Parses one value; what a record's constructor refuses is bad data here. */
    static <T> T parse(Path file, String place, String text, Class<T> type) {
        try {
            T value = JSON.readValue(text, type);
            if (value == null) {
                throw new DataException(file + ": " + place + "must be an object, not null");
            }
            return value;
        } catch (JsonProcessingException e) {
            String reason = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new DataException(file + ": " + place + reason, e);
        }
    }

    /** A value as one line. */
    static String line(Object value) {
        try {
            return JSON.writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new LatheException("writing JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** A value over several lines. */
    static String indented(Object value) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new LatheException("writing JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Writes a file that appears only when it is complete. */
    static void write(Path file, String text) {
        Path partial = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(partial, text);
            Files.move(
                    partial,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failure(file, "cannot be written", e);
        }
    }

    /** A failure of the disk, in one line. */
    static LatheException failure(Path file, String what, IOException e) {
        return new LatheException(file + " " + what + ": " + e.getMessage(), e);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new DataException(file + ": no such file", e);
        } catch (IOException e) {
            throw failure(file, "cannot be read", e);
        }
    }
}
