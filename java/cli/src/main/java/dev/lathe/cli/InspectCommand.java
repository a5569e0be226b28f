package dev.lathe.cli;

import dev.lathe.model.Model;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what a checkpoint holds, without reading its weights. */
@Command(
        name = "inspect",
        customSynopsis = "lathe inspect MODEL [OPTION]...",
        description = "Show what a checkpoint holds: architecture, sizes, types, tokenizer.",
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  lathe inspect model.gguf",
            "  lathe inspect Qwen2.5-1.5B/ --tensors",
            "  lathe inspect model.gguf --json | jq .parameters"
        })
final class InspectCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A GGUF file, a Hugging Face folder, or an index of safetensors shards.")
    private Path model;

    @Option(names = "--tensors", description = "List every tensor.")
    private boolean tensors;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        try (Model opened = Model.open(model)) {
            ModelSummary summary = ModelSummary.of(opened, tensors);
            out.print(json ? Json.text(summary) : summary.text());
        }
    }
}
