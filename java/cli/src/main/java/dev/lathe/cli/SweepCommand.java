package dev.lathe.cli;

import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engines.Engines;
import dev.lathe.eval.results.Results;
import dev.lathe.eval.run.EvaluationRun;
import dev.lathe.eval.run.RetryPolicy;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.sweep.Storage;
import dev.lathe.eval.sweep.Sweep;
import dev.lathe.eval.sweep.SweepPoint;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compresses a model in many ways and evaluates each. */
@Command(
        name = "sweep",
        customSynopsis = "lathe sweep MODEL --tasks NAME,... -o DIR [OPTION]...",
        sortOptions = false,
        description = {
            "Compress a model to every combination of the sparsities and storages named, evaluate"
                    + " the original and each result, and report the whole grid.",
            "",
            "After an interruption, however hard, the same command goes on where it was, within a"
                    + " compression as within the questions. Combinations that cannot be are told and"
                    + " left out."
        },
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        footerHeading = "%nExample:%n",
        footer = {
            "  lathe sweep model.gguf --sparsity 0,0.3,0.5 --bpw 2.51,4.5 \\",
            "      --tasks folio,temporal-sequences --limit 50 -o sweep"
        })
final class SweepCommand implements Runnable {
    @Spec private CommandSpec spec;

    @Mixin private ModelArgument model;

    @Option(
            names = "--sparsity",
            split = ",",
            paramLabel = "SHARE",
            description = "Shares of weights that become zero, such as 0,0.3,0.5.")
    private List<Double> sparsities = List.of();

    @Option(
            names = "--bpw",
            split = ",",
            paramLabel = "BITS",
            description =
                    "Average bits of the blocks' linear weights, such as 1.58,1.73,2.51; each tensor's"
                            + " type is allocated.")
    private List<Double> bitsPerWeight = List.of();

    @Option(
            names = "--type",
            split = ",",
            paramLabel = "TYPE",
            description = "Storage types of the blocks' linear layers, such as Q4_K,Q3_K.")
    private List<String> types = List.of();

    @Option(
            names = "--mix",
            split = ",",
            paramLabel = "NAME",
            description = "Mixes of types as llama-quantize names them, such as Q4_K_M.")
    private List<String> mixes = List.of();

    @Option(
            names = "--recipe",
            paramLabel = "FILE",
            description = "What all compressions have in common, in YAML or JSON.")
    private Path recipe;

    @Option(
            names = "--discard",
            description = "Delete each compressed model once its answers are there.")
    private boolean discard;

    @Mixin private QuestionOptions questions;

    @Mixin private EngineLimits engine;

    @Mixin private DeviceOptions device;

    @Option(names = "--json", description = "Print results.json.")
    private boolean json;

    @Override
    public void run() {
        List<SweepPoint> points =
                SweepPoint.grid(
                        recipe == null ? Recipe.EMPTY : Recipe.read(recipe),
                        sparsities,
                        storages());
        EngineOptions options = engine.options(questions.contextTokens());
        Sweep sweep =
                new Sweep(
                        model.path(),
                        questions.output(),
                        each -> each.device(device.device()).threads(device.threads()),
                        file -> Engines.open(Engines.EMBEDDED, file, options),
                        discard);
        List<SweepPoint> possible = new ArrayList<>(points);
        for (Sweep.Refusal refusal : sweep.refusals(points)) {
            possible.removeIf(point -> point.name().equals(refusal.name()));
            PrintWriter err = spec.commandLine().getErr();
            err.println("left out: " + refusal.name() + ": " + refusal.reason());
        }
        RunFolder run = questions.run();
        View view = new View(run);
        try {
            sweep.over(run, possible, view);
        } finally {
            view.end();
        }
        Results results = report();
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? Json.text(results) : EvaluationReport.text(results, questions.output()));
    }

    private Results report() {
        return EvaluationReport.write(
                List.of(questions.output()), SweepPoint.ORIGINAL, questions.output());
    }

    private List<Storage> storages() {
        List<Storage> storages = new ArrayList<>();
        bitsPerWeight.forEach(bits -> storages.add(Storage.bitsPerWeight(bits)));
        types.forEach(type -> storages.add(Storage.type(type)));
        mixes.forEach(mix -> storages.add(Storage.mix(mix)));
        return storages;
    }

    /** Shows each step, and renews the report after each point. */
    private final class View implements Sweep.Listener {
        private final RunFolder run;
        private ProgressView view;

        View(RunFolder run) {
            this.run = run;
        }

        @Override
        public Compression compressing(String point, Compression compression) {
            return compression.listener(next("compress " + point)::show);
        }

        @Override
        public EvaluationRun asking(String point) {
            return new EvaluationRun(
                    run, RetryPolicy.DEFAULT, new AskingView(next("ask " + point)));
        }

        @Override
        public void finished(String point) {
            end();
            report();
        }

        private ProgressView next(String task) {
            end();
            view = ProgressView.of(task, spec.commandLine().getErr());
            return view;
        }

        private void end() {
            if (view != null) {
                view.close();
                view = null;
            }
        }
    }
}
