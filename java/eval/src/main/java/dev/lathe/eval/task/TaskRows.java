package dev.lathe.eval.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The rows of a data file, in any form that the public sets have: an object per line, one array, an
 * object with the array {@code examples}, or a page of a data-set viewer ({@code rows[].row}).
 */
final class TaskRows {
    /** No public set is near it; more is a mistake. */
    private static final long LARGEST = 256L << 20;

    private static final ObjectReader JSON =
            JsonMapper.builder()
                    .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
                    .build()
                    .readerFor(JsonNode.class);

    private final Path file;
    private final List<JsonNode> rows;

    private TaskRows(Path file, List<JsonNode> rows) {
        this.file = file;
        this.rows = rows;
    }

    /**
     * Reads a file.
     *
     * @throws UsageException if it does not exist
     * @throws DataException if it is not JSON of one of the forms
     */
    static TaskRows read(Path file) {
        List<JsonNode> values = new ArrayList<>();
        try {
            if (Files.size(file) > LARGEST) {
                throw new DataException(file + ": larger than " + LARGEST + " bytes");
            }
            try (var in = Files.newBufferedReader(file);
                    MappingIterator<JsonNode> each = JSON.readValues(in)) {
                while (each.hasNextValue()) {
                    values.add(each.nextValue());
                }
            }
        } catch (NoSuchFileException e) {
            throw new UsageException(
                    file + " does not exist; lathe pull-tasks fetches the tasks' data", e);
        } catch (JsonProcessingException e) {
            throw new DataException(file + ": not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read: " + e, e);
        }
        return new TaskRows(file, unwrapped(file, values));
    }

    private static List<JsonNode> unwrapped(Path file, List<JsonNode> values) {
        List<JsonNode> rows = new ArrayList<>();
        if (values.size() != 1) {
            rows.addAll(values);
        } else {
            JsonNode only = values.get(0);
            JsonNode list = only.isArray() ? only : only.path("examples");
            if (list.isArray()) {
                list.forEach(rows::add);
            } else if (only.path("rows").isArray()) {
                only.path("rows").forEach(row -> rows.add(row.path("row")));
            } else {
                rows.add(only);
            }
        }
        for (int i = 0; i < rows.size(); i++) {
            if (!rows.get(i).isObject()) {
                throw new DataException(file + ": row " + i + " must be an object");
            }
        }
        if (rows.isEmpty()) {
            throw new DataException(file + ": holds no rows");
        }
        return rows;
    }

    /** Makes the question of a row. */
    @FunctionalInterface
    interface Maker {
        /**
         * Makes a question.
         *
         * @param rows the rows
         * @param row which one
         */
        Question question(TaskRows rows, int row);
    }

    /**
     * Reads a file and makes a question of each row, in their order.
     *
     * @throws UsageException if the file does not exist
     * @throws DataException if the file or a row is not what it should be
     */
    static List<Question> questions(Path file, Maker maker) {
        TaskRows rows = read(file);
        return IntStream.range(0, rows.size()).mapToObj(row -> maker.question(rows, row)).toList();
    }

    int size() {
        return rows.size();
    }

    /** A field that must be text or a number, by any of its names in the editions of a set. */
    String text(int row, String... names) {
        JsonNode value = value(row, names);
        if (!value.isTextual() && !value.isNumber()) {
            throw missing(row, names[0], "text");
        }
        return value.asText();
    }

    /** What the set calls a row; its number where it has no name. */
    String name(int row, String... names) {
        return value(row, names).asText(String.valueOf(row));
    }

    private JsonNode value(int row, String... names) {
        JsonNode object = rows.get(row);
        for (String name : names) {
            if (object.has(name)) {
                return object.get(name);
            }
        }
        return MissingNode.getInstance();
    }

    /** A field that must be a list of texts; one text is a list of its lines. */
    List<String> texts(int row, String field) {
        JsonNode value = rows.get(row).path(field);
        if (value.isTextual()) {
            return value.asText().lines().toList();
        }
        if (!value.isArray()) {
            throw missing(row, field, "a list of texts");
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode each : value) {
            if (!each.isTextual()) {
                throw missing(row, field, "a list of texts");
            }
            texts.add(each.asText());
        }
        return texts;
    }

    /** A row whose field has a value that the task does not know. */
    DataException wrong(int row, String field, String expected) {
        return new DataException(
                file
                        + ": row "
                        + row
                        + ": "
                        + field
                        + " must be "
                        + expected
                        + ", not "
                        + rows.get(row).path(field));
    }

    private DataException missing(int row, String field, String expected) {
        return new DataException(
                file + ": row " + row + ": field " + field + " must be " + expected);
    }
}
