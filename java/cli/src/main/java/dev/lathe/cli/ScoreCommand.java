package dev.lathe.cli;

import dev.lathe.eval.results.OutputScores;
import dev.lathe.eval.statistics.Estimate;
import dev.lathe.eval.task.OutputOrder;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.Tasks;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Judges outputs that were made elsewhere or earlier. */
@Command(
        name = "score",
        customSynopsis = "lathe score --task NAME --outputs FILE [OPTION]...",
        sortOptions = false,
        description = {
            "Judge answers without asking a model: find each one's answer, compare it with the"
                    + " expected one, and say on which words the verdict rests.",
            "",
            "FILE holds one JSON object per line with the fields index (the question's row in the"
                    + " task's data, from 0) and output (what the model said, with or without"
                    + " its thinking). Several lines with one index are samples of it."
        },
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  lathe score --task folio --outputs answers.jsonl --json")
final class ScoreCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Option(
            names = "--task",
            required = true,
            paramLabel = "NAME",
            completionCandidates = TaskNames.class,
            description = "One of ${COMPLETION-CANDIDATES}.")
    private String task;

    @Option(
            names = "--outputs",
            required = true,
            paramLabel = "FILE",
            description = "The outputs, one JSON object per line.")
    private Path outputs;

    @Mixin private TaskData data;

    @Option(
            names = "--order",
            paramLabel = "ORDER",
            defaultValue = "auto",
            description =
                    "What index counts: data, the rows of the data at hand; paper, the rows of the"
                            + " editions that the paper used; auto, what fits the outputs. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String order;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
        Task named = Tasks.named(task);
        List<Question> questions = Tasks.questions(data.path(), List.of(named.name()), 0);
        OutputScores scores = OutputScores.of(named, questions, outputs, OutputOrder.of(order));
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(scores) : text(scores));
    }

    private static String text(OutputScores scores) {
        Table table = new Table(5);
        table.row("index", "verdict", "answer", "expected", "rests on");
        for (OutputScores.Answer each : scores.answers()) {
            table.row(
                    String.valueOf(each.index()),
                    each.verdict().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    shown(each.answer()),
                    shown(each.expected().get(0)),
                    each.rule() + ": " + shown(each.quote()));
        }
        StringBuilder text = new StringBuilder(table.toString());
        text.append(
                Quantity.format(
                        "%nright %d, wrong %d, no answer %d; index counts rows of the %s%n",
                        scores.right(), scores.wrong(), scores.noAnswer(), scores.order()));
        text.append(line("accuracy", scores.accuracy()));
        if (scores.f1() != null) {
            text.append(line("F1", scores.f1()));
        }
        return text.toString();
    }

    private static String line(String name, Estimate estimate) {
        return Quantity.format(
                "%s %s, 95 %% interval %s to %s%n",
                name,
                Quantity.percent(estimate.mean()),
                Quantity.percent(estimate.low()),
                Quantity.percent(estimate.high()));
    }

    /** Outputs may be long and of many lines. */
    private static String shown(String text) {
        if (text == null) {
            return "-";
        }
        String line = text.replaceAll("\\s+", " ").strip();
        return line.length() <= 50 ? line : line.substring(0, 49) + "…";
    }
}
