package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder that appears under its name when it is complete; until then its files lie in a folder
 * beside it.
 */
final class OutputFolder {
    /** Where a folder that is being replaced waits until the new one has its name. */
    private static final String REPLACED_SUFFIX = ".replaced";

    private final Path path;
    private final Path partial;
    private final boolean keepPartial;
    private boolean published;

    private OutputFolder(Path path, Path partial, boolean keepPartial) {
        this.path = path;
        this.partial = partial;
        this.keepPartial = keepPartial;
    }

    /**
     * Makes the folder for the partial files.
     *
     * @throws UsageException if the output exists and may not be replaced or cannot be written
     */
    static OutputFolder open(Path path, WriteOptions options) {
        requireFree(path, options.replace());
        Path partial = sibling(path, PlannedFiles.PARTIAL_SUFFIX);
        try {
            if (!Files.isDirectory(partial)) {
                Files.createDirectory(partial);
            }
        } catch (IOException e) {
            throw PartialFile.failure(partial, e);
        }
        return new OutputFolder(path, partial, options.keepPartial());
    }

    /** Refuses a file, and a folder that holds what may not be replaced. */
    static void requireFree(Path path, boolean replace) {
        Path name = path.toAbsolutePath().normalize().getFileName();
        if (name == null || (Files.exists(path) && !Files.isDirectory(path))) {
            throw new UsageException(path + " is no folder that could be written");
        }
        if (Files.isDirectory(path)) {
            requireReplaceable(path, replace);
        }
    }

    private static Path sibling(Path path, String suffix) {
        Path normal = path.toAbsolutePath().normalize();
        return normal.resolveSibling(normal.getFileName() + suffix);
    }

    /** A folder is emptied only if it is without doubt an earlier output. */
    private static void requireReplaceable(Path path, boolean replace) {
        List<Path> entries = entries(path);
        if (entries.isEmpty()) {
            return;
        }
        if (!replace) {
            throw new UsageException(path + " exists already and is not empty");
        }
        boolean model = Files.exists(path.resolve(SafetensorsCheckpoint.CONFIG_FILE));
        if (!model || entries.stream().anyMatch(entry -> !Files.isRegularFile(entry))) {
            throw new UsageException(
                    path + " is not replaced: it is not empty and holds more or else than a model");
        }
    }

    private static List<Path> entries(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw new UsageException(folder + " cannot be listed: " + e.getMessage(), e);
        }
    }

    Path path() {
        return path;
    }

    Path partial() {
        return partial;
    }

    /**
     * Writes small files.
     *
     * @throws IllegalArgumentException if a name leads out of the folder
     * @throws UsageException if one cannot be written
     */
    void writeFiles(Map<String, byte[]> files) {
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path target = partial.resolve(file.getKey());
            if (!partial.equals(target.getParent()) || !target.equals(target.normalize())) {
                throw new IllegalArgumentException("'" + file.getKey() + "' is no plain file name");
            }
            try {
                Files.write(
                        target,
                        file.getValue(),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DSYNC);
            } catch (IOException e) {
                throw PartialFile.failure(target, e);
            }
        }
    }

    /** Removes what an earlier run with other settings may have left among the partial files. */
    void retain(List<PlannedFiles.Plan> plans, Set<String> others) {
        Set<String> names = new HashSet<>(others);
        plans.forEach(plan -> names.add(plan.path().getFileName().toString()));
        for (Path entry : entries(partial)) {
            if (!names.contains(entry.getFileName().toString())) {
                PlannedFiles.remove(entry);
            }
        }
    }

    /**
     * Gives the folder its name.
     *
     * @throws UsageException if that fails
     */
    void publish() {
        Path replaced = sibling(path, REPLACED_SUFFIX);
        try {
            PlannedFiles.forceFolder(partial);
            boolean replacing = Files.isDirectory(path) && !entries(path).isEmpty();
            if (replacing) {
                removeFolder(replaced);
                Files.move(path, replaced, StandardCopyOption.ATOMIC_MOVE);
            } else {
                Files.deleteIfExists(path);
            }
            Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE);
            published = true;
            PlannedFiles.forceFolder(path.toAbsolutePath().getParent());
            if (replacing) {
                removeFolder(replaced);
            }
        } catch (IOException e) {
            throw PartialFile.failure(path, e);
        }
    }

    /** Removes a folder of files and nothing below it. */
    private static void removeFolder(Path folder) {
        if (Files.isDirectory(folder)) {
            entries(folder).forEach(PlannedFiles::remove);
            PlannedFiles.remove(folder);
        }
    }

    /** Removes the partial files unless they are complete or to be kept. */
    void discard() {
        if (!published && !keepPartial) {
            removeFolder(partial);
        }
    }

    /** Removes the folder of the partial files if nothing is in it. */
    void discardEmpty() {
        if (entries(partial).isEmpty()) {
            PlannedFiles.remove(partial);
        }
    }

    /**
     * Lists what was written, with checksums.
     *
     * @throws IllegalStateException before {@link #publish}
     * @throws DataException if a file cannot be read
     */
    List<OutputFile> outputs() {
        if (!published) {
            throw new IllegalStateException(path + " is not finished");
        }
        return entries(path).stream().map(OutputFile::of).toList();
    }
}
