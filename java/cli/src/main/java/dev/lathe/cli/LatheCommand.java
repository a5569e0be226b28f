package dev.lathe.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The root of all commands. */
@Command(
        name = "lathe",
        customSynopsis = "lathe COMMAND [OPTION]...",
        description =
                "Compresses language-model checkpoints (GGUF and safetensors) by pruning and"
                        + " low-bit quantization, and measures what that cost.",
        versionProvider = LatheCommand.Version.class,
        subcommands = {
            InspectCommand.class,
            PlanCommand.class,
            CompressCommand.class,
            ImatrixCommand.class,
            TracesCommand.class,
            MeasureCommand.class,
            EvalCommand.class,
            ReportCommand.class,
            SweepCommand.class,
            PullTasksCommand.class,
            ScoreCommand.class,
            BenchCommand.class,
            QuickstartCommand.class,
            DevicesCommand.class,
            CompletionCommand.class,
        },
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = {
            "  lathe inspect model.gguf",
            "  lathe compress model.gguf -o small.gguf --sparsity 0.5 --type Q4_K",
            "",
            "Exit status: 0 done; 2 a mistake in what was asked; 3 bad data; 1 any other failure."
        })
final class LatheCommand implements Runnable {
    /** Asks for stack traces and the messages of libraries. */
    static final String DEBUG = "--debug";

    @Spec private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show the version and exit.")
    private boolean version;

    @Option(
            names = DEBUG,
            scope = ScopeType.INHERIT,
            description = "Show stack traces and the libraries' own messages.")
    private boolean debug;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        spec.commandLine().usage(out);
    }

    /** The version as the jar states it. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = LatheCommand.class.getPackage().getImplementationVersion();
            return new String[] {"lathe " + (version == null ? "development" : version)};
        }
    }
}
