package dev.lathe.cli;

import dev.lathe.UsageException;
import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.TaskDownload;
import dev.lathe.eval.task.Tasks;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fetches the tasks' data. */
@Command(
        name = "pull-tasks",
        customSynopsis = "lathe pull-tasks [OPTION]...",
        sortOptions = false,
        description = {
            "Fetch the reasoning tasks from their public sources: AIME 2024, FOLIO, BIG-Bench Hard"
                    + " temporal sequences and the paper's 100 questions of MuSiQue.",
            "",
            "A file appears only when its checksum, or its number of questions, is right. What is"
                    + " there already is checked and left."
        },
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  lathe pull-tasks && lathe eval model.gguf --tasks folio -o results")
final class PullTasksCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Option(
            names = "--tasks",
            split = ",",
            paramLabel = "NAME",
            description = "Only these: ${COMPLETION-CANDIDATES}. Default: all.",
            completionCandidates = TaskNames.class)
    private List<String> tasks = List.of();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "Where to. Default: lathe/tasks below the cache folder of the user.")
    private Path output;

    @Option(
            names = "--mirror",
            paramLabel = "URL",
            description = "Fetch the files from below this address instead of their sources.")
    private String mirror;

    @Option(names = "--replace", description = "Fetch what is there already, too.")
    private boolean replace;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "How long one file may take. Default: ${DEFAULT-VALUE}.")
    private int timeout;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    /**
     * What became of a task's data.
     *
     * @param task its name
     * @param file where it is
     * @param questions how many it holds
     * @param fetched whether it was fetched now
     * @param source where it comes from
     * @param licence its licence
     */
    record Pulled(
            String task,
            String file,
            int questions,
            boolean fetched,
            String source,
            String licence) {}

    @Override
    public void run() {
        if (timeout < 1) {
            throw new UsageException("--timeout must be at least 1, not " + timeout);
        }
        URI address = address();
        Path folder = output == null ? TaskData.usual() : output;
        TaskDownload download =
                new TaskDownload(Duration.ofSeconds(timeout), Duration.ofSeconds(2));
        Collection<Task> wanted =
                tasks.isEmpty() ? Tasks.all() : tasks.stream().map(Tasks::named).toList();
        List<Pulled> pulled = new ArrayList<>();
        for (Task task : wanted) {
            boolean fetched = download.fetch(task, folder, address, replace);
            pulled.add(
                    new Pulled(
                            task.name(),
                            folder.resolve(task.source().file()).toString(),
                            task.source().rows(),
                            fetched,
                            task.source().uri().toString(),
                            task.source().licence()));
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(pulled) : text(pulled));
    }

    private URI address() {
        if (mirror == null) {
            return null;
        }
        try {
            URI address = URI.create(mirror);
            if (mirror.matches("https?://.*") && address.getHost() != null) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw new UsageException(
                "--mirror must be an address such as https://host/folder, not " + mirror);
    }

    private static String text(List<Pulled> pulled) {
        Table table = new Table(2);
        for (Pulled each : pulled) {
            table.row(
                    each.task(),
                    each.file(),
                    each.questions() + " questions",
                    each.fetched() ? "fetched" : "there",
                    each.licence());
        }
        return table.toString();
    }
}
