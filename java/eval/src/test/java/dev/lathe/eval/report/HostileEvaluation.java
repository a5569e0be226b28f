package dev.lathe.eval.report;

import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.judge.Judgement;
import dev.lathe.eval.judge.Repetition;
import dev.lathe.eval.results.Evaluation;
import dev.lathe.eval.results.JudgedAnswer;
import dev.lathe.eval.results.Results;
import dev.lathe.eval.results.TaskSummary;
import dev.lathe.eval.run.AnswerRecord;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.run.RunSettings;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Score;
import dev.lathe.eval.task.Verdict;
import java.util.List;
import java.util.Map;

/** An evaluation in which every string that comes from outside tries to run a script. */
final class HostileEvaluation implements Evaluation {
    /** Each sets {@code window.hacked} where it is taken for markup or for a script. */
    static final List<String> PAYLOADS =
            List.of(
                    "<script>window.hacked = 1</script>",
                    "</script><script>window.hacked = 2</script>",
                    "<!--<script>",
                    "--></script><script>window.hacked = 3</script>",
                    "<img src=x onerror=\"window.hacked = 4\">",
                    "\"><svg onload=window.hacked=5>",
                    "javascript:window.hacked=6",
                    "<a href=\"javascript:window.hacked=7\">x</a>",
                    "<iframe srcdoc=\"<script>parent.hacked = 8</script>\"></iframe>",
                    "</textarea></title></style><script>window.hacked = 9</script>",
                    "\u2028window.hacked=10\u2029//",
                    "\\u003c/script\\u003e\\\"]}'`${window.hacked=11}",
                    "|a|b|\n\n# heading\n[x](javascript:window.hacked=12)",
                    "\ud83d\ude00\u0000\u0085\ufeff]]>&lt;script&gt;",
                    "{a|rich}",
                    "__proto__",
                    "<base href=\"https://example.org/\"><meta http-equiv=refresh content=0>");

    static final String EVIL = String.join(" ", PAYLOADS);

    private final MadeUpFigures figures;
    private final List<TaskSummary> tasks = List.of(new TaskSummary("folio", "title " + EVIL, 2));
    private final List<ModelDescription> models =
            List.of(
                    model("model A " + EVIL, 5_000_000_000L),
                    model("model B " + EVIL, 900_000_000L));

    HostileEvaluation() {
        figures = new MadeUpFigures(this, tasks, models);
    }

    private static ModelDescription model(String name, long bytes) {
        return new ModelDescription(
                name,
                "location " + EVIL,
                bytes,
                4.5,
                0.5,
                Map.of("engine " + EVIL, "what " + EVIL));
    }

    @Override
    public Results results() {
        RunSettings settings =
                new RunSettings(
                        List.of("folio"), 0, 1, PromptStyle.RAW, Sampling.GREEDY, 1, 512, 1024);
        return new Results(
                Results.VERSION,
                "version " + EVIL,
                settings,
                models.get(0).name(),
                tasks,
                figures.models());
    }

    @Override
    public List<Question> questions() {
        return List.of(question(0), question(1));
    }

    private static Question question(int index) {
        return new Question(
                "folio",
                index,
                "id " + EVIL,
                "message " + EVIL,
                "opening " + EVIL,
                List.of("expected " + EVIL, "alias " + EVIL),
                List.of("option " + EVIL));
    }

    @Override
    public List<JudgedAnswer> answers(Question question) {
        return List.of(answer(question, 0), answer(question, 1));
    }

    private JudgedAnswer answer(Question question, int model) {
        boolean failed = model == 1 && question.index() == 1;
        String output = "thinking " + EVIL + "</think>answer " + EVIL + " quote " + EVIL;
        AnswerRecord record =
                new AnswerRecord(
                        "folio",
                        question.index(),
                        0,
                        7,
                        failed ? null : output,
                        failed ? null : StopReason.END,
                        10,
                        40 + 30 * question.index(),
                        20,
                        false,
                        1,
                        1,
                        failed ? "failure " + EVIL : null);
        Judgement judgement =
                new Judgement(
                        new Extraction("extracted " + EVIL, "rule " + EVIL, "quote " + EVIL),
                        new Score(model == question.index() ? Verdict.RIGHT : Verdict.WRONG, 0.5),
                        false,
                        new Repetition(3, 4, "repeated " + EVIL));
        return new JudgedAnswer(models.get(model).name(), record, failed ? null : judgement);
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
