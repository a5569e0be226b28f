package dev.lathe.cli;

import dev.lathe.eval.results.Results;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Judges the answers of runs again and writes their report. */
@Command(
        name = "report",
        customSynopsis = "lathe report DIR... [OPTION]...",
        sortOptions = false,
        description = {
            "Write the report of one or more runs: report.html (one file, works offline), report.md"
                    + " and results.json.",
            "",
            "Answers are judged again, no model is asked. Several folders must have the same"
                    + " settings and questions."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExample:%n",
        footer = "  lathe report results --baseline Qwen2.5-1.5B")
final class ReportCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "DIR",
            description = "Folders that eval or sweep wrote.")
    private List<Path> folders;

    @Option(
            names = "--baseline",
            paramLabel = "NAME",
            description = "The model that others are compared with. Default: the first.")
    private String baseline;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "Where to. Default: the first folder.")
    private Path output;

    @Option(names = "--json", description = "Print results.json.")
    private boolean json;

    @Override
    public void run() {
        Path target = output == null ? folders.get(0) : output;
        Results results = EvaluationReport.write(folders, baseline, target);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(results) : EvaluationReport.text(results, target));
    }
}
