package dev.lathe.cli;

import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.compress.Compression;
import dev.lathe.compress.ProgressEvent;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.engines.Engines;
import dev.lathe.eval.report.Reports;
import dev.lathe.eval.results.Evaluation;
import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.run.EvaluationRun;
import dev.lathe.eval.run.LocalModel;
import dev.lathe.eval.run.RetryPolicy;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.run.RunSettings;
import dev.lathe.eval.statistics.Estimate;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.Tasks;
import dev.lathe.measure.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Compresses the tiny reasoner in several ways and finds what each cost. */
final class Quickstart {
    private static final String TASK = "temporal-sequences";
    private static final int CONTEXT = 512;
    private static final int ANSWER_TOKENS = 192;
    private static final int SEQUENCES = 16;
    private static final int LENGTH = 256;

    /** How much of a variant's work each part is, in percent. */
    private static final int COMPRESS = 25;

    private static final int MEASURE = 5;
    private static final int WHOLE = 100;

    private final Path model;
    private final Path output;
    private final int limit;
    private final ProgressView view;
    private final List<QuickstartVariant> variants;
    private long done;

    /**
     * Prepares.
     *
     * @param model the folder of the tiny reasoner, with its questions and texts
     * @param output where files go
     * @param limit at most so many questions
     * @param view shows progress
     */
    Quickstart(Path model, Path output, int limit, ProgressView view) {
        this.model = model;
        this.output = output;
        this.limit = limit;
        this.view = view;
        this.variants =
                QuickstartVariant.all(
                        new CalibrationOptions(
                                needed("calibration.txt").toString(), SEQUENCES, LENGTH, 0L));
    }

    /**
     * A line of the table.
     *
     * @param name of the variant
     * @param file its GGUF file
     * @param bytes of its tensors
     * @param bitsPerWeight over the blocks' linear weights
     * @param sparsity share of zeros among them
     * @param accuracy share of right answers
     * @param tokensPerQuestion mean length of an answer
     * @param perplexity on text that was not calibrated on
     */
    record Row(
            String name,
            String file,
            long bytes,
            double bitsPerWeight,
            double sparsity,
            Estimate accuracy,
            Double tokensPerQuestion,
            double perplexity) {}

    private Path needed(String name) {
        Path file = model.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new UsageException(
                    file
                            + " is missing; the quickstart runs on the tiny reasoner of the source"
                            + " tree (examples/tiny-reasoner)");
        }
        return file;
    }

    /** Does it all; what is answered already is not asked again. */
    List<Row> run() throws IOException {
        Task task = Tasks.named(TASK);
        List<Question> questions = task.questions(needed("questions.json"));
        RunFolder folder =
                RunFolder.create(
                        output.resolve("answers"),
                        new RunSettings(
                                List.of(TASK),
                                limit,
                                1,
                                PromptStyle.RAW,
                                Sampling.GREEDY,
                                1,
                                ANSWER_TOKENS,
                                CONTEXT),
                        questions.subList(0, Math.min(limit, questions.size())));
        String text = CalibrationSet.read(needed("held-out.txt"));
        view.start((long) variants.size() * WHOLE);
        Map<String, Double> perplexities = new LinkedHashMap<>();
        for (QuickstartVariant variant : variants) {
            Path file = compress(variant);
            perplexities.put(variant.name(), perplexity(variant, file, text));
            ask(variant, file, folder);
        }
        return report(perplexities);
    }

    private Path compress(QuickstartVariant variant) {
        Path file = output.resolve(variant.file());
        double[] total = {1};
        Compression.of(model)
                .recipe(variant.recipe())
                .replace(true)
                .listener(
                        event -> {
                            if (event instanceof ProgressEvent.Started started) {
                                total[0] = Math.max(1, started.total());
                            } else if (event instanceof ProgressEvent.Advanced advanced) {
                                show(advanced.done() / total[0] * COMPRESS, variant, "compress");
                            }
                        })
                .writeTo(file);
        done += COMPRESS;
        return file;
    }

    private double perplexity(QuickstartVariant variant, Path file, String text) {
        double perplexity =
                Measurement.of(file)
                        .length(LENGTH)
                        .sequences(SEQUENCES)
                        .listener(
                                (part, whole) ->
                                        show((double) part / whole * MEASURE, variant, "measure"))
                        .on(text)
                        .perplexity();
        done += MEASURE;
        return perplexity;
    }

    private void ask(QuickstartVariant variant, Path file, RunFolder folder) {
        int part = WHOLE - COMPRESS - MEASURE;
        LocalModel local = LocalModel.of(file, variant.name());
        EvaluationRun.Summary summary =
                new EvaluationRun(
                                folder,
                                RetryPolicy.DEFAULT,
                                (answer, answered, total) ->
                                        show((double) answered / total * part, variant, "ask"))
                        .ask(
                                local.description(),
                                local.fingerprint(),
                                () ->
                                        Engines.open(
                                                Engines.EMBEDDED,
                                                file,
                                                EngineOptions.withContext(CONTEXT)));
        if (summary.failed() > 0) {
            view.notice(variant.name() + ": " + summary.failed() + " questions failed");
        }
        done += part;
        show(0, variant, "done");
    }

    private void show(double part, QuickstartVariant variant, String what) {
        view.advance(done + (long) part, what + " " + variant.name());
    }

    private List<Row> report(Map<String, Double> perplexities) throws IOException {
        List<Row> rows = new ArrayList<>();
        try (Evaluation evaluation =
                Evaluation.open(List.of(output.resolve("answers")), variants.get(0).name())) {
            for (ModelResult result : evaluation.results().models()) {
                var described = result.model();
                rows.add(
                        new Row(
                                described.name(),
                                described.location(),
                                described.bytes(),
                                described.bitsPerWeight(),
                                described.sparsity(),
                                result.average(),
                                result.tokensPerQuestion(),
                                perplexities.get(described.name())));
            }
            Reports.write(output, evaluation);
        }
        return rows;
    }
}
