package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Broken checkpoints and what must be said of each. Every entry point that opens a checkpoint and
 * reads its description can be held against this table.
 */
public final class CorruptFiles {
    private CorruptFiles() {}

    /** Writes a broken checkpoint. */
    @FunctionalInterface
    public interface FileBuilder {
        /**
         * Writes the files.
         *
         * @param folder an empty folder
         * @return what is to be opened
         * @throws IOException if the files cannot be written
         */
        Path build(Path folder) throws IOException;
    }

    /**
     * One broken checkpoint.
     *
     * @param name what is wrong with it
     * @param builder writes it
     * @param failure what opening it and reading its description must throw
     * @param words what the message must contain, beside the name of the file
     */
    public record Case(
            String name,
            FileBuilder builder,
            Class<? extends LatheException> failure,
            List<String> words) {
        /**
         * Writes the checkpoint.
         *
         * @param folder an empty folder
         * @return what is to be opened
         */
        public Path build(Path folder) {
            try {
                return builder.build(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * Returns the whole table.
     *
     * @return the cases
     */
    public static Stream<Case> all() {
        return Stream.of(
                        CorruptGgufHeaders.cases(),
                        CorruptGgufTensors.cases(),
                        CorruptSafetensors.cases(),
                        CorruptFolders.cases())
                .flatMap(List::stream);
    }

    static Case data(String name, FileBuilder builder, String... words) {
        return new Case(name, builder, DataException.class, List.of(words));
    }

    static Case usage(String name, FileBuilder builder, String... words) {
        return new Case(name, builder, UsageException.class, List.of(words));
    }
}
