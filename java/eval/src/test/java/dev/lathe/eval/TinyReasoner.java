package dev.lathe.eval;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.Tasks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The tiny reasoner that comes with the source, its questions, and its answers to them. */
public final class TinyReasoner {
    /** The model: a Hugging Face folder. */
    public static final Path FOLDER = Path.of("../../examples/tiny-reasoner").toAbsolutePath();

    /** Its one task. */
    public static final Task TASK = Tasks.named("temporal-sequences");

    /** Questions take up to 260 tokens, right answers up to 70. */
    public static final EngineOptions OPTIONS = EngineOptions.withContext(512);

    private static final int MOST_TOKENS = 192;

    private TinyReasoner() {}

    /** Questions of its own generator, evenly spread. */
    public static List<Question> questions(int limit) {
        return Tasks.questions(FOLDER.resolve("questions.json"), List.of(TASK.name()), limit);
    }

    /** Questions of BIG-Bench Hard where they are at hand, else of its own generator. */
    public static List<Question> publishedQuestions(int limit) {
        String shared = System.getenv("LATHE_SHARED");
        Path file = Path.of(shared == null ? "" : shared, "data", "bbh-temporal-sequences.json");
        return Files.exists(file)
                ? Tasks.questions(file, List.of(TASK.name()), limit)
                : questions(limit);
    }

    /** Compresses it to a GGUF file; what needs texts takes those that come with it. */
    public static Path compress(Recipe recipe, Path file) {
        CalibrationOptions texts =
                new CalibrationOptions(FOLDER.resolve("calibration.txt").toString(), 16, 256, 0L);
        Recipe calibrated =
                recipe.equals(Recipe.EMPTY)
                        ? recipe
                        : recipe.toBuilder().calibration(texts).build();
        Compression.of(FOLDER).recipe(calibrated).writeTo(file);
        return file;
    }

    /** What a model answers to each question, greedy, several at once. */
    public static List<Extraction> answers(Engine engine, List<Question> questions)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(engine.concurrency());
        try {
            List<Future<Extraction>> asked = new ArrayList<>();
            for (Question question : questions) {
                asked.add(threads.submit(() -> answer(engine, question)));
            }
            List<Extraction> answers = new ArrayList<>();
            for (Future<Extraction> answer : asked) {
                answers.add(answer.get());
            }
            return answers;
        } finally {
            threads.shutdownNow();
        }
    }

    private static Extraction answer(Engine engine, Question question) {
        Generation said =
                engine.generate(
                        new GenerationRequest(
                                question.message(),
                                question.opening(),
                                PromptStyle.RAW,
                                Sampling.GREEDY,
                                1,
                                MOST_TOKENS));
        return TASK.extract(question, ModelOutput.parse(said.output()));
    }
}
