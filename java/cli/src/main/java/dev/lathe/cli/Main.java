package dev.lathe.cli;

import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code lathe}: parses, runs, and turns failures into one line and an exit status. */
public final class Main {
    /** Something failed that is neither the user's mistake nor bad data. */
    static final int FAILED = 1;

    /** The user asked for what cannot be done. */
    static final int USAGE = 2;

    /** The data is broken. */
    static final int BAD_DATA = 3;

    private static final String OUT_OF_MEMORY =
            "out of memory: the Java machine may take %d MiB; LATHE_JAVA_OPTS=-Xmx8g gives it more";

    private Main() {}

    /**
     * Runs the command and ends the process with its exit status: 0 where all went well, 2 for a
     * mistake of the user, 3 for bad data, 1 for any other failure.
     *
     * @param args the command's arguments
     */
    public static void main(String[] args) {
        if (Arrays.asList(args).contains(LatheCommand.DEBUG)) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
        }
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int status = run(out, err, args);
        out.flush();
        System.exit(status);
    }

    /**
     * Runs the command within this process.
     *
     * @param out takes results
     * @param err takes progress and failures
     * @param args the command's arguments
     * @return the exit status
     */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return run(commandLine().setOut(out).setErr(err), args);
    }

    /** Runs a command, which has its writers. */
    static int run(CommandLine command, String... args) {
        int status;
        try {
            status = command.execute(args);
        } catch (OutOfMemoryError e) {
            // picocli passes errors on.
            report(command, OUT_OF_MEMORY.formatted(heapMebibytes()), e, Arrays.asList(args));
            status = FAILED;
        }
        command.getOut().flush();
        command.getErr().flush();
        return status;
    }

    private static long heapMebibytes() {
        return Runtime.getRuntime().maxMemory() >> 20;
    }

    /** The whole tree of commands. */
    static CommandLine commandLine() {
        return new CommandLine(new LatheCommand())
                .setUsageHelpAutoWidth(true)
                .setUsageHelpLongOptionsMaxWidth(26)
                .setAbbreviatedOptionsAllowed(false)
                .setParameterExceptionHandler(Main::refuse)
                .setExecutionExceptionHandler(Main::fail);
    }

    private static int refuse(ParameterException mistake, String[] args) {
        CommandLine command = mistake.getCommandLine();
        String message = mistake.getMessage();
        if (mistake instanceof UnmatchedArgumentException unmatched) {
            message = unmatched(command, unmatched);
        }
        String help = command.getCommandSpec().qualifiedName() + " --help";
        report(command, message + " (see " + help + ")", mistake, Arrays.asList(args));
        return USAGE;
    }

    /** Names the first argument that has no place, and what it may have been meant for. */
    private static String unmatched(CommandLine command, UnmatchedArgumentException mistake) {
        String kind = "unexpected argument";
        if (mistake.isUnknownOption()) {
            kind = "unknown option";
        } else if (!command.getSubcommands().isEmpty()) {
            kind = "unknown command";
        }
        String message = kind + " '" + mistake.getUnmatched().get(0) + "'";
        List<String> suggestions = mistake.getSuggestions();
        return suggestions.isEmpty()
                ? message
                : message + "; did you mean " + suggestions.get(0) + "?";
    }

    private static int fail(Exception failure, CommandLine command, ParseResult parsed) {
        report(command, describe(failure), failure, parsed.expandedArgs());
        if (failure instanceof UsageException) {
            return USAGE;
        }
        return failure instanceof DataException ? BAD_DATA : FAILED;
    }

    private static String describe(Exception failure) {
        if (failure instanceof LatheException) {
            return failure.getMessage();
        }
        return "unexpected failure, please report it with the output of --debug: " + failure;
    }

    private static void report(
            CommandLine command, String message, Throwable failure, List<String> args) {
        Ansi ansi = command.getColorScheme().ansi();
        String line =
                message.lines()
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining(" "));
        PrintWriter err = command.getErr();
        err.println(ansi.string("@|bold,red lathe:|@ ") + Printable.of(line));
        if (args.contains(LatheCommand.DEBUG)) {
            failure.printStackTrace(err);
        }
        err.flush();
    }
}
