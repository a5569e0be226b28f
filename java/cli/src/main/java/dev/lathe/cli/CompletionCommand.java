package dev.lathe.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what a shell needs to complete the command's arguments. */
@Command(
        name = "completion",
        customSynopsis = "lathe completion",
        description = "Print the completion script for bash and zsh.",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  source <(lathe completion)")
final class CompletionCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Override
    public void run() {
        String script = AutoComplete.bash("lathe", spec.root().commandLine());
        spec.commandLine().getOut().print(script);
    }
}
