package dev.lathe.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the tasks' data lies. */
final class TaskData {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Folder of the tasks' data, or the file of a single task. Default: where"
                            + " pull-tasks puts it.")
    private Path data;

    Path path() {
        return data == null ? usual() : data;
    }

    /** The folder of pull-tasks: below the user's cache. */
    static Path usual() {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path root =
                cache == null || cache.isEmpty()
                        ? Path.of(System.getProperty("user.home"), ".cache")
                        : Path.of(cache);
        return root.resolve("lathe").resolve("tasks");
    }
}
