package dev.lathe.eval.report;

import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.results.ComputeResult;
import dev.lathe.eval.results.Counts;
import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.results.Results;
import dev.lathe.eval.results.TaskResult;
import dev.lathe.eval.results.TaskSummary;
import dev.lathe.eval.results.TokenUse;
import dev.lathe.eval.run.RunSettings;
import dev.lathe.eval.statistics.Difference;
import dev.lathe.eval.statistics.Estimate;
import dev.lathe.eval.statistics.LengthEffect;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures as tables of Markdown. */
final class MarkdownReport {
    private static final String MISSING = "–";

    private final Results results;
    private final StringBuilder text = new StringBuilder();

    MarkdownReport(Results results) {
        this.results = results;
    }

    /** Writes the report. */
    void write(Writer out) throws IOException {
        text.setLength(0);
        text.append("# What compression cost in reasoning\n\n");
        text.append("Original: ").append(escape(results.baseline())).append(". Intervals are ");
        text.append("95 % bootstrap intervals over questions. A change is paired with the ");
        text.append("original question by question, in points of accuracy; it is not a loss ");
        text.append("unless its interval lies below zero.\n\n");
        overview();
        for (TaskSummary task : results.tasks()) {
            accuracy(task);
            compute(task);
        }
        settings();
        out.write(text.toString());
    }

    private void overview() {
        List<Integer> frontier = Frontier.ofAverage(results.models());
        heading("Overview");
        header(
                "Model",
                "Size",
                "Bits per weight",
                "Zeros",
                "Accuracy",
                "Tokens per question",
                "Frontier");
        for (int i = 0; i < results.models().size(); i++) {
            ModelResult result = results.models().get(i);
            row(
                    escape(result.model().name()),
                    bytes(result.model().bytes()),
                    number("%.2f", result.model().bitsPerWeight()),
                    percent("%.0f %%", result.model().sparsity()),
                    estimate(result.average()),
                    number("%,.0f", result.tokensPerQuestion()),
                    frontier.contains(i) ? "★" : "");
        }
        text.append("\nAccuracy is the mean over tasks, each counting the same. ★ marks models ");
        text.append("that no other beats in size and accuracy at once.\n\n");
    }

    private void accuracy(TaskSummary task) {
        List<TaskRow> rows = rows(task);
        boolean overlap = rows.stream().anyMatch(row -> row.result().f1() != null);
        heading(task.title() + " (" + task.questions() + ")");
        List<String> titles = new ArrayList<>(List.of("Model", "Right", "Accuracy", "± s.e."));
        if (overlap) {
            titles.add("F1");
        }
        titles.addAll(List.of("Change", "Lost", "Gained", "No answer", "Failed", "Missing"));
        header(titles.toArray(String[]::new));
        for (TaskRow row : rows) {
            TaskResult result = row.result();
            Counts counts = result.counts();
            Estimate accuracy = result.accuracy();
            Difference change = result.accuracyChange();
            List<String> cells = new ArrayList<>();
            cells.add(escape(row.model()));
            cells.add(counts.right() + " of " + counts.answers());
            cells.add(estimate(accuracy));
            cells.add(percent("%.1f %%", accuracy == null ? null : accuracy.standardError()));
            if (overlap) {
                cells.add(estimate(result.f1()));
            }
            cells.add(change(change, row.model()));
            cells.add(change == null ? MISSING : String.valueOf(change.lost()));
            cells.add(change == null ? MISSING : String.valueOf(change.gained()));
            cells.add(String.valueOf(counts.noAnswer()));
            cells.add(String.valueOf(counts.failed()));
            cells.add(String.valueOf(counts.missing()));
            row(cells.toArray(String[]::new));
        }
        text.append('\n');
    }

    private void compute(TaskSummary task) {
        List<TaskRow> rows =
                rows(task).stream().filter(row -> row.result().compute() != null).toList();
        if (rows.isEmpty()) {
            return;
        }
        header(
                "Model",
                "Tokens per question",
                "Thinking",
                "Answer",
                "Median if right",
                "Median if not right",
                "Cut by the cap",
                "Endless repetition",
                "Time per token",
                "Shorter is right");
        for (TaskRow row : rows) {
            ComputeResult compute = row.result().compute();
            Double seconds = compute.secondsPerToken();
            row(
                    escape(row.model()),
                    number("%,.0f", compute.all().total().mean()),
                    number("%,.0f", compute.all().thinking().mean()),
                    number("%,.0f", compute.all().answer().mean()),
                    median(compute.right()),
                    median(compute.notRight()),
                    String.valueOf(row.result().counts().truncated()),
                    String.valueOf(row.result().counts().repeating()),
                    seconds == null ? MISSING : number("%.3g ms", 1000 * seconds),
                    effect(compute.lengthEffect()));
        }
        text.append("\nShorter is right: the probability that a right answer is shorter than one ");
        text.append("that is not; 50 % is no effect.\n\n");
    }

    private void settings() {
        RunSettings settings = results.settings();
        Sampling sampling = settings.sampling();
        heading("Settings");
        item("Tasks", String.join(", ", settings.tasks()));
        item("Questions of a task", settings.limit() == 0 ? "all" : "at most " + settings.limit());
        item("Samples of a question", settings.samples());
        item("Prompt", settings.style().name().toLowerCase(Locale.ROOT).replace('_', ' '));
        item(
                "Sampling",
                sampling.greedy()
                        ? "greedy"
                        : "temperature " + sampling.temperature() + ", top-p " + sampling.topP());
        item("Seed", settings.seed());
        item("Most tokens of an answer", settings.maximumTokens());
        item("Context in tokens", settings.contextTokens());
        item("Lathe", results.lathe());
        for (ModelResult model : results.models()) {
            item(model.model().name(), model.model().location() + " " + model.model().engine());
        }
    }

    private record TaskRow(String model, TaskResult result) {}

    private List<TaskRow> rows(TaskSummary task) {
        List<TaskRow> rows = new ArrayList<>();
        for (ModelResult model : results.models()) {
            model.tasks().stream()
                    .filter(result -> result.task().equals(task.name()))
                    .forEach(result -> rows.add(new TaskRow(model.model().name(), result)));
        }
        return rows;
    }

    private void heading(String title) {
        text.append("## ").append(escape(title)).append("\n\n");
    }

    private void header(String... titles) {
        row(titles);
        text.append("| --- ").append("| ---: ".repeat(titles.length - 1)).append("|\n");
    }

    private void row(String... cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private void item(String name, Object value) {
        text.append("- ").append(escape(name)).append(": ");
        text.append(escape(String.valueOf(value))).append('\n');
    }

    private String change(Difference change, String model) {
        if (change == null || change.pairs() == 0) {
            return model.equals(results.baseline()) ? "original" : MISSING;
        }
        return String.format(
                Locale.ROOT,
                "%+.1f [%+.1f, %+.1f]",
                100 * change.mean(),
                100 * change.low(),
                100 * change.high());
    }

    private static String estimate(Estimate estimate) {
        if (estimate == null) {
            return MISSING;
        }
        return String.format(
                Locale.ROOT,
                "%.1f %% [%.1f, %.1f]",
                100 * estimate.mean(),
                100 * estimate.low(),
                100 * estimate.high());
    }

    private static String effect(LengthEffect effect) {
        if (effect == null) {
            return MISSING;
        }
        return String.format(
                Locale.ROOT,
                "%.0f %% [%.0f, %.0f]",
                100 * effect.probability(),
                100 * effect.low(),
                100 * effect.high());
    }

    private static String median(TokenUse use) {
        return use.total().count() == 0 ? MISSING : number("%,.0f", use.total().median());
    }

    private static String bytes(Long bytes) {
        if (bytes == null) {
            return MISSING;
        }
        return bytes >= 1e9 ? number("%.2f GB", bytes / 1e9) : number("%.0f MB", bytes / 1e6);
    }

    private static String percent(String format, Double share) {
        return number(format, share == null ? null : 100 * share);
    }

    private static String number(String format, Double value) {
        return value == null ? MISSING : String.format(Locale.ROOT, format, value);
    }

    /** Any text as text: on one line, and no character of it is markup of Markdown or HTML. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char character : text.toCharArray()) {
            if (character < ' '
                    || character == 0x2028
                    || character == 0x2029
                    || character == 0x85) {
                escaped.append(' ');
            } else if ("<>&|".indexOf(character) >= 0) {
                escaped.append("&#").append((int) character).append(';');
            } else if ("\\`*_[]~#!$".indexOf(character) >= 0) {
                escaped.append('\\').append(character);
            } else {
                escaped.append(character);
            }
        }
        return escaped.toString();
    }
}
