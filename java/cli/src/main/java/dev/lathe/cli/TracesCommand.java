package dev.lathe.cli;

import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.run.LocalModel;
import dev.lathe.eval.run.RetryPolicy;
import dev.lathe.eval.traces.TraceListener;
import dev.lathe.eval.traces.TracePrompts;
import dev.lathe.eval.traces.TraceRun;
import dev.lathe.eval.traces.TraceSettings;
import dev.lathe.tokenizer.Message;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lets a model write what it is then calibrated on. */
@Command(
        name = "traces",
        customSynopsis = "lathe traces MODEL --prompts FILE -o FILE [OPTION]...",
        sortOptions = false,
        description = {
            "Ask a model prompts and write what it says, thinking included, as chat JSONL that"
                    + " --calibration takes.",
            "",
            "Each trace is on the disk as soon as it is there. After an interruption the same"
                    + " command goes on; a prompt that failed is told, has no line, and is asked again."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExample:%n",
        footer = {
            "  lathe traces model.gguf --prompts questions.txt -o traces.jsonl",
            "  lathe compress model.gguf -o small.gguf --bpw 2.51 \\",
            "      --calibration traces.jsonl --sequences 64"
        })
final class TracesCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A GGUF file; with a server, the name of its model.")
    private String model;

    @Option(
            names = "--prompts",
            required = true,
            paramLabel = "FILE",
            description =
                    "One prompt a line; or JSON lines (.jsonl), each with prompt (a text) or"
                            + " messages (a conversation that ends with the user's).")
    private Path prompts;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "The traces, .jsonl. Those that are there already are kept.")
    private Path output;

    @Option(
            names = "--samples",
            paramLabel = "K",
            defaultValue = "1",
            description = "Traces of each prompt. Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Mixin private SamplingOptions sampling;

    @Option(
            names = "--think",
            description = "Let the model's turn start with <think> where its template does not.")
    private boolean think;

    @Mixin private EngineChoice engine;

    @Mixin private AttemptOptions attempts;

    @Override
    public void run() {
        if (!output.toString().endsWith(".jsonl")) {
            throw new UsageException(
                    output + ": traces are chat JSONL, which --calibration knows by .jsonl");
        }
        List<List<Message>> asked = TracePrompts.read(prompts);
        boolean server = engine.server();
        String name = server ? model : LocalModel.of(Path.of(model), null).description().name();
        TraceSettings settings =
                new TraceSettings(
                        name,
                        think ? PromptStyle.CHAT_THINK : PromptStyle.CHAT,
                        sampling.sampling(),
                        sampling.seed(),
                        sampling.maximumTokens());
        TraceRun.Summary summary;
        try (ProgressView view = ProgressView.of("traces", spec.commandLine().getErr())) {
            RetryPolicy retries = attempts.retries();
            TraceRun run = new TraceRun(asked, samples, settings, retries, new View(view));
            summary =
                    run.write(
                            output,
                            () ->
                                    engine.open(
                                            server ? null : Path.of(model),
                                            server ? model : null,
                                            sampling.contextTokens()));
        }
        print(summary);
        if (summary.failed() > 0) {
            throw new LatheException(
                    summary.failed()
                            + " prompts failed and have no trace; the same command asks them again");
        }
    }

    private void print(TraceRun.Summary summary) {
        Table table = new Table(2);
        table.row("output", output.toString());
        int traces = summary.kept() + summary.made();
        table.row("traces", Quantity.format("%d, %d of them kept", traces, summary.kept()));
        table.row("tokens", Quantity.format("%d generated", summary.tokens()));
        table.row("cut off", Quantity.format("%d", summary.cut()));
        spec.commandLine().getOut().print(table);
    }

    /** Shows progress; several threads tell it, one at a time. */
    private record View(ProgressView view) implements TraceListener {
        @Override
        public void advanced(int done, int total) {
            view.advance(done, total, "traces");
        }

        @Override
        public void failed(int prompt, int attempt, boolean last, String reason) {
            String what = last ? ": no trace: " : ": attempt " + attempt + " failed: ";
            view.notice("prompt " + (prompt + 1) + what + reason);
        }
    }
}
