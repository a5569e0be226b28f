package dev.lathe.cli;

import dev.lathe.UsageException;
import dev.lathe.eval.results.Results;
import dev.lathe.eval.run.EvaluationRun;
import dev.lathe.eval.run.LocalModel;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.run.RetryPolicy;
import dev.lathe.eval.run.RunFolder;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks models the questions of tasks. */
@Command(
        name = "eval",
        customSynopsis = "lathe eval [NAME=]MODEL... --tasks NAME,... -o DIR [OPTION]...",
        sortOptions = false,
        description = {
            "Ask models the questions of reasoning tasks, and report accuracy, tokens per question"
                    + " and the loss against the first model, with intervals.",
            "",
            "Each answer is on the disk as soon as it is there. After an interruption the same"
                    + " command goes on without asking a question twice; further models may be"
                    + " added later. lathe pull-tasks fetches the questions."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  What did the compression cost?",
            "    lathe eval model.gguf small.gguf --tasks folio,temporal-sequences -o results",
            "  Eight answers to each question from a server:",
            "    lathe eval my-model --engine http://localhost:8000/v1 --tasks aime2024 \\",
            "        --samples 8 --max-tokens 32768 -o results"
        })
final class EvalCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "[NAME=]MODEL",
            description =
                    "GGUF files; with a server, the names of its models. NAME stands in the report"
                            + " instead of the file's.")
    private List<String> models;

    @Mixin private QuestionOptions questions;

    @Mixin private EngineChoice engine;

    @Mixin private AttemptOptions attempts;

    @Option(names = "--json", description = "Print results.json.")
    private boolean json;

    /** A model to ask. */
    private record Asked(
            ModelDescription description, String fingerprint, Path file, String served) {}

    @Override
    public void run() {
        List<Asked> asked = asked();
        int contextTokens = questions.contextTokens();
        asked.forEach(model -> engine.check(model.file(), model.served(), contextTokens));
        RetryPolicy retries = attempts.retries();
        RunFolder run = questions.run();
        for (Asked model : asked) {
            ask(run, model, retries);
        }
        Results results =
                EvaluationReport.write(
                        List.of(questions.output()),
                        asked.get(0).description().name(),
                        questions.output());
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(results) : EvaluationReport.text(results, questions.output()));
    }

    private void ask(RunFolder run, Asked model, RetryPolicy retries) {
        String name = model.description().name();
        try (ProgressView view = ProgressView.of(name, spec.commandLine().getErr())) {
            new EvaluationRun(run, retries, new AskingView(view))
                    .ask(
                            model.description(),
                            model.fingerprint(),
                            () ->
                                    engine.open(
                                            model.file(),
                                            model.served(),
                                            run.settings().contextTokens()));
        }
    }

    private List<Asked> asked() {
        List<Asked> asked = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String argument : models) {
            int equals = Files.exists(Path.of(argument)) ? -1 : argument.indexOf('=');
            String name = equals < 0 ? null : argument.substring(0, equals);
            Asked model = asked(name, argument.substring(equals + 1));
            if (!names.add(model.description().name())) {
                throw new UsageException(
                        "two models are called "
                                + model.description().name()
                                + "; name them: NAME=MODEL");
            }
            asked.add(model);
        }
        return asked;
    }

    private Asked asked(String name, String model) {
        if (engine.server()) {
            String shown = name == null ? model : name;
            return new Asked(ModelDescription.served(shown, model), null, null, model);
        }
        LocalModel local = LocalModel.of(Path.of(model), name);
        return new Asked(local.description(), local.fingerprint(), Path.of(model), null);
    }
}
