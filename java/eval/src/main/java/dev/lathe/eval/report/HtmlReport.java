package dev.lathe.eval.report;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.eval.judge.Judgement;
import dev.lathe.eval.judge.Repetition;
import dev.lathe.eval.results.Evaluation;
import dev.lathe.eval.results.JudgedAnswer;
import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.results.Results;
import dev.lathe.eval.results.TaskSummary;
import dev.lathe.eval.run.AnswerRecord;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Verdict;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The report as a page. The figures stand in one block; each question has a small block that
 * filters read and a compressed one with its texts that is unpacked when a reader opens it.
 */
final class HtmlReport {
    private static final List<String> SCRIPTS =
            List.of(
                    "format.js",
                    "theme.js",
                    "data.js",
                    "tables.js",
                    "labels.js",
                    "charts.js",
                    "answers.js",
                    "main.js");

    /** Extracted answers are phrases; what is longer is in the texts. */
    private static final int PHRASE = 200;

    private final Evaluation evaluation;
    private final Results results;
    private final int limit;
    private final Map<String, Integer> models = new HashMap<>();
    private final Map<String, Integer> tasks = new HashMap<>();

    HtmlReport(Evaluation evaluation) {
        this.evaluation = evaluation;
        this.results = evaluation.results();
        long answers = 0;
        for (ModelResult model : results.models()) {
            models.put(model.model().name(), models.size());
            answers += model.tasks().stream().mapToLong(task -> task.counts().answers()).sum();
        }
        for (TaskSummary task : results.tasks()) {
            tasks.put(task.name(), tasks.size());
        }
        limit = Passage.limit(answers);
    }

    /** Writes the page, one question after the other. */
    void write(Writer out) throws IOException {
        ChartLibrary charts = ChartLibrary.echarts();
        List<String> scripts = new ArrayList<>();
        scripts.add(charts.script());
        SCRIPTS.forEach(name -> scripts.add(ChartLibrary.read("/dev/lathe/eval/report/" + name)));
        PageShell shell =
                new PageShell(
                        "Lathe evaluation",
                        ChartLibrary.read("/dev/lathe/eval/report/page.html"),
                        List.of(ChartLibrary.read("/dev/lathe/eval/report/page.css")),
                        scripts);
        shell.write(
                out,
                blocks -> {
                    blocks.json("figures", figures(charts));
                    for (Question question : evaluation.questions()) {
                        List<JudgedAnswer> answers = evaluation.answers(question);
                        blocks.json("question", entry(question, answers));
                        blocks.compressed("texts", texts(question, answers));
                    }
                });
    }

    private Figures figures(ChartLibrary charts) {
        Map<String, List<Integer>> frontiers = new LinkedHashMap<>();
        for (TaskSummary task : results.tasks()) {
            frontiers.put(task.name(), Frontier.ofTask(results.models(), task.name()));
        }
        return new Figures(
                results,
                Frontier.ofAverage(results.models()),
                frontiers,
                limit,
                new Library(charts.name(), charts.version(), charts.licence(), charts.notice()));
    }

    private Entry entry(Question question, List<JudgedAnswer> answers) {
        return new Entry(
                tasks.get(question.task()),
                question.index(),
                question.id(),
                question.expected(),
                answers.stream().map(this::row).toList());
    }

    private Row row(JudgedAnswer judged) {
        AnswerRecord record = judged.answer();
        Judgement judgement = judged.judgement();
        boolean failed = judgement == null;
        return new Row(
                models.get(judged.model()),
                record.sample(),
                failed ? "failed" : verdict(judgement.score().verdict()),
                failed ? null : phrase(judgement.extraction().answer()),
                record.thinkingTokens(),
                record.answerTokens(),
                !failed && judgement.truncated(),
                !failed && judgement.repetition() != null,
                failed ? null : judgement.score().f1());
    }

    private static String verdict(Verdict verdict) {
        return switch (verdict) {
            case RIGHT -> "right";
            case WRONG -> "wrong";
            case NO_ANSWER -> "none";
        };
    }

    private static String phrase(String answer) {
        return answer == null || answer.length() <= PHRASE
                ? answer
                : Passage.of(answer, PHRASE).text() + "…";
    }

    private Texts texts(Question question, List<JudgedAnswer> answers) {
        return new Texts(
                Passage.of(question.message(), limit),
                question.opening(),
                question.options(),
                answers.stream().map(this::text).toList());
    }

    private Text text(JudgedAnswer judged) {
        AnswerRecord record = judged.answer();
        Judgement judgement = judged.judgement();
        ModelOutput output = ModelOutput.parse(record.output() == null ? "" : record.output());
        return new Text(
                Passage.of(output.thinking(), limit),
                Passage.of(output.answer(), limit),
                judgement == null ? null : judgement.extraction().answer(),
                judgement == null ? null : judgement.extraction().rule(),
                judgement == null ? null : judgement.extraction().quote(),
                judgement == null ? null : judgement.repetition(),
                record.failure(),
                record.seed(),
                record.seconds(),
                record.attempts(),
                record.splitEstimated());
    }

    /** What all of the page but the answers shows. */
    private record Figures(
            Results results,
            List<Integer> frontier,
            Map<String, List<Integer>> taskFrontiers,
            int limit,
            Library charts) {}

    private record Library(String name, String version, String licence, String notice) {}

    /** A question as filters see it; tasks and models are positions in the results. */
    private record Entry(
            int task, int index, String id, List<String> expected, List<Row> answers) {}

    /** An answer as filters see it; there may be a hundred thousand, so names are left out. */
    @JsonFormat(shape = JsonFormat.Shape.ARRAY)
    @JsonPropertyOrder({
        "model",
        "sample",
        "verdict",
        "answer",
        "thinkingTokens",
        "answerTokens",
        "truncated",
        "repeating",
        "f1"
    })
    private record Row(
            int model,
            int sample,
            String verdict,
            String answer,
            int thinkingTokens,
            int answerTokens,
            boolean truncated,
            boolean repeating,
            Double f1) {}

    /** What a reader opens; answers stand in the order of the entry's. */
    private record Texts(
            Passage message, String opening, List<String> options, List<Text> answers) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Text(
            Passage thinking,
            Passage answer,
            String extracted,
            String rule,
            String quote,
            Repetition repetition,
            String failure,
            long seed,
            double seconds,
            int attempts,
            boolean splitEstimated) {}
}
