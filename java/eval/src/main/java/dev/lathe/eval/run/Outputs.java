package dev.lathe.eval.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Outputs that were made elsewhere: one object per line, with {@code index} and {@code output}. */
public final class Outputs {
    private Outputs() {}

    /** Takes outputs. */
    @FunctionalInterface
    public interface Consumer {
        /**
         * Takes one.
         *
         * @param index its index
         * @param output what a model said
         */
        void accept(int index, String output);
    }

    /**
     * Reads a file line by line.
     *
     * @param file the file
     * @param consumer takes what it holds, in order
     * @throws UsageException if the file does not exist
     * @throws DataException if a line is not of the form
     */
    public static void read(Path file, Consumer consumer) {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                String place = "line " + number + ": ";
                JsonNode value = RunFiles.parse(file, place, line, JsonNode.class);
                JsonNode index = value.path("index");
                JsonNode output = value.path("output");
                if (!index.canConvertToInt() || !index.isIntegralNumber()) {
                    throw new DataException(file + ": " + place + "index must be an integer");
                }
                if (!output.isTextual()) {
                    throw new DataException(file + ": " + place + "output must be text");
                }
                consumer.accept(index.intValue(), output.textValue());
            }
            if (number == 0) {
                throw new DataException(file + ": holds no outputs");
            }
        } catch (NoSuchFileException e) {
            throw new UsageException(file + " does not exist", e);
        } catch (IOException | UncheckedIOException e) {
            throw new DataException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
