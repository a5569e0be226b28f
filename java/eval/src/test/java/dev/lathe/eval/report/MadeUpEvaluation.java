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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * An evaluation as a compressed distill might give: four tasks, wrong answers longer than right
 * ones, some cut, some repeating, some failed. Answers are made when they are asked for.
 */
class MadeUpEvaluation implements Evaluation {
    private static final String BASELINE = "R1-Distill-Llama-8B";
    private static final List<TaskSummary> TASKS =
            List.of(
                    new TaskSummary("aime2024", "AIME 2024", 30),
                    new TaskSummary("folio", "FOLIO", 40),
                    new TaskSummary("temporal", "Temporal sequences", 40),
                    new TaskSummary("musique", "MuSiQue", 40));
    private static final String[] NAMES = {
        BASELINE,
        "R1-Distill-Llama-8B Q8_0",
        "R1-Distill-Llama-8B Q6_K",
        "R1-Distill-Llama-8B Q4_K_M",
        "R1-Distill-Llama-8B Q3_K",
        "R1-Distill-Llama-8B 2.51 bpw",
        "R1-Distill-Llama-8B Q2_K",
        "R1-Distill-Llama-8B 50 % zeros",
        "R1-Distill-Llama-8B IQ4_NL",
        "R1-Distill-Llama-8B 2:4 Q4_0",
        "R1-Distill-Llama-8B Q5_K",
        "R1-Distill-Llama-8B 30 % zeros Q4_K"
    };
    private static final double[] GIGABYTES = {
        16.1, 8.54, 6.6, 4.92, 4.02, 2.9, 3.18, 16.1, 4.68, 4.66, 5.73, 4.92
    };
    private static final double[] BITS = {
        16, 8.5, 6.56, 4.83, 3.91, 2.51, 2.96, 16, 4.5, 4.5, 5.5, 4.83
    };
    private static final double[] SKILL = {
        1, 1, 0.99, 0.96, 0.86, 0.66, 0.5, 0.72, 0.95, 0.4, 0.985, 0.85
    };

    private static final Map<String, Double> EASE =
            Map.of("aime2024", 0.43, "folio", 0.72, "temporal", 0.92, "musique", 0.2);
    private static final String[] WORDS = {"sides", "hours", "pairs", "lakes", "premises"};
    private static final String LINES = lines();
    private static final int CAP = 16_384;

    private final int samples;
    private final List<ModelDescription> models = new ArrayList<>();
    private final List<Question> questions = new ArrayList<>();
    private final int factor;
    private Results results;

    /** Models up to twelve; {@code factor} times as many questions and longer thinking. */
    MadeUpEvaluation(int models, int samples, int factor) {
        this.samples = samples;
        this.factor = factor;
        for (int i = 0; i < models; i++) {
            this.models.add(
                    new ModelDescription(
                            NAMES[i],
                            "models/" + NAMES[i].replace(' ', '-') + ".gguf",
                            Math.round(GIGABYTES[i] * 1e9),
                            BITS[i],
                            i == 7 || i == 9 ? 0.5 : i == 11 ? 0.3 : 0.0,
                            Map.of("engine", "llama.cpp", "threads", "8")));
        }
        for (TaskSummary task : TASKS) {
            for (int i = 0; i < task.questions() * factor; i++) {
                questions.add(question(task.name(), i));
            }
        }
    }

    private static Question question(String task, int index) {
        List<String> options = List.of();
        List<String> expected;
        String message;
        switch (task) {
            case "aime2024" -> {
                expected = List.of(String.valueOf(17 + 31 * index));
                message = "Find the number of ordered pairs (a, b) with a + 2b = " + (50 + index);
            }
            case "folio" -> {
                expected = List.of(List.of("True", "False", "Uncertain").get(index % 3));
                message = "All squares have four sides. Is shape " + index + " a square?";
            }
            case "temporal" -> {
                options = List.of("9am to 10am", "11am to 1pm", "2pm to 5pm", "6pm to 7pm");
                expected = List.of("(" + "ABCD".charAt(index % 4) + ")");
                message = "Between what times could person " + index + " have gone to the library?";
            }
            default -> {
                expected = List.of("Lake Constance", "Bodensee");
                message = "Which lake lies at the birthplace of the author of book " + index + "?";
            }
        }
        String id = task.equals("musique") ? "2hop__" + (4000 + index) : String.valueOf(index);
        return new Question(task, index, id, message, "<think>\n", expected, options);
    }

    @Override
    public Results results() {
        if (results == null) {
            RunSettings settings =
                    new RunSettings(
                            TASKS.stream().map(TaskSummary::name).toList(),
                            0,
                            samples,
                            PromptStyle.CHAT_THINK,
                            Sampling.REASONING,
                            42,
                            CAP,
                            20_480);
            List<TaskSummary> tasks =
                    TASKS.stream()
                            .map(
                                    task ->
                                            new TaskSummary(
                                                    task.name(),
                                                    task.title(),
                                                    task.questions() * factor))
                            .toList();
            results =
                    new Results(
                            Results.VERSION,
                            "0.1.0",
                            settings,
                            BASELINE,
                            tasks,
                            new MadeUpFigures(this, tasks, models).models());
        }
        return results;
    }

    @Override
    public List<Question> questions() {
        return questions;
    }

    @Override
    public List<JudgedAnswer> answers(Question question) {
        List<JudgedAnswer> answers = new ArrayList<>();
        for (int model = 0; model < models.size(); model++) {
            for (int sample = 0; sample < samples; sample++) {
                answers.add(answer(question, model, sample));
            }
        }
        return answers;
    }

    private JudgedAnswer answer(Question question, int model, int sample) {
        String place = question.task() + question.index() + " " + sample;
        Random shared = random(place);
        Random random = random(place + " " + model);
        String name = models.get(model).name();
        if (random.nextInt(400) == 0) {
            return new JudgedAnswer(
                    name, record(question, sample, null, 0, 0, "HTTP 503: overloaded"), null);
        }
        double ease = EASE.get(question.task());
        // Compression flips few verdicts: models share most of their luck.
        double luck = 0.8 * shared.nextDouble() + 0.2 * random.nextDouble();
        boolean right = luck < ease * SKILL[model];
        boolean repeating = !right && random.nextDouble() < 0.25 * (1 - SKILL[model]);
        double usual = question.task().equals("aime2024") ? 4200 : 700;
        double tokens = usual * Math.exp(0.55 * random.nextGaussian() + (right ? 0 : 0.5));
        int thinking = (int) Math.min(CAP, repeating ? CAP : tokens);
        boolean truncated = thinking == CAP;
        String said = right ? question.expected().get(0) : wrong(question, random);
        String output = thinking(thinking * factor, random) + (truncated ? "" : conclusion(said));
        return new JudgedAnswer(
                name,
                record(question, sample, output, thinking, truncated ? 0 : 60, null),
                judgement(question, said, right, truncated, repeating));
    }

    private static Judgement judgement(
            Question question, String said, boolean right, boolean truncated, boolean repeating) {
        Verdict verdict = truncated ? Verdict.NO_ANSWER : right ? Verdict.RIGHT : Verdict.WRONG;
        Double f1 = !question.task().equals("musique") ? null : right && !truncated ? 1.0 : 0.25;
        return new Judgement(
                truncated
                        ? Extraction.NONE
                        : new Extraction(said, "answer is", "answer is " + said),
                new Score(verdict, f1),
                truncated,
                repeating ? new Repetition(19, 40, "Wait, let me check.") : null);
    }

    private static AnswerRecord record(
            Question question,
            int sample,
            String output,
            int thinking,
            int answer,
            String failure) {
        boolean cut = thinking == CAP;
        StopReason stop = failure != null ? null : cut ? StopReason.LENGTH : StopReason.END;
        return new AnswerRecord(
                question.task(),
                question.index(),
                sample,
                1000L + sample,
                output,
                stop,
                180,
                thinking,
                answer,
                false,
                0.021 * (thinking + answer),
                failure == null ? 1 : 5,
                failure);
    }

    private static String wrong(Question question, Random random) {
        return switch (question.task()) {
            case "aime2024" -> String.valueOf(random.nextInt(1000));
            case "folio" -> question.expected().get(0).equals("True") ? "Uncertain" : "True";
            case "temporal" -> question.expected().get(0).equals("(A)") ? "(B)" : "(A)";
            default -> "Lake Geneva";
        };
    }

    /** Lines of equal length, about eight tokens each; pages of tests hold thousands of them. */
    private static String thinking(int tokens, Random random) {
        int lines = tokens / 8;
        int line = LINES.indexOf('\n') + 1;
        int first = random.nextInt(100);
        StringBuilder text = new StringBuilder("<think>\n");
        for (int left = lines; left > 0; left -= 2000) {
            text.append(LINES, first * line, (first + Math.min(left, 2000)) * line);
        }
        return text.toString();
    }

    private static String lines() {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 2100; i++) {
            String word = WORDS[random.nextInt(WORDS.length)];
            text.append(String.format("Let me see: %3d %-8s more,%n", random.nextInt(1000), word));
        }
        return text.toString().replace(System.lineSeparator(), "\n");
    }

    private static String conclusion(String said) {
        return "</think>\n\nAfter all cases are counted, the **answer is " + said + "**.";
    }

    private static Random random(String place) {
        return new Random(place.hashCode() * 0x9E3779B97F4A7C15L);
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
