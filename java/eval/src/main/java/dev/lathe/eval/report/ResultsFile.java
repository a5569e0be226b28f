package dev.lathe.eval.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lathe.DataException;
import dev.lathe.eval.results.Results;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;

/** {@code results.json}: a {@link Results} as JSON. */
public final class ResultsFile {
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private ResultsFile() {}

    /**
     * Writes results.
     *
     * @param out where to; not closed
     * @param results what to write
     * @throws IOException if writing fails
     */
    public static void write(Writer out, Results results) throws IOException {
        out.write(MAPPER.writeValueAsString(results));
        out.write('\n');
    }

    /**
     * Reads results.
     *
     * @param file a file that {@link #write} wrote
     * @return what it holds
     * @throws IOException if the file cannot be read
     * @throws DataException if it is not JSON, of another version, or incomplete
     */
    public static Results read(Path file) throws IOException {
        try {
            JsonNode tree = MAPPER.readTree(file.toFile());
            int version = tree.path("version").asInt(-1);
            if (version != Results.VERSION) {
                throw new DataException(
                        String.format(
                                "%s: expected version %d of the results, found %s",
                                file, Results.VERSION, tree.path("version")));
            }
            return MAPPER.treeToValue(tree, Results.class);
        } catch (JsonProcessingException e) {
            throw new DataException(file + ": not a file of results: " + e.getOriginalMessage(), e);
        }
    }
}
