package dev.lathe.eval.engines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.eval.SharedData;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedded llama.cpp b4916 and a current llama-server, greedy, on the same questions. */
class EngineAgreementTest {
    private static final int CONTEXT = 1024;
    private static final int QUESTIONS = 100;
    private static final double AGREEMENT = 0.98;
    private static final Path TINY_REASONER = Path.of("../../examples/tiny-reasoner");

    private static final List<String> CHATS =
            List.of(
                    "What is the capital of France?",
                    "Which planet is the largest?",
                    "Say hello in Spanish, with a 🌱.",
                    "What is 2 + 3?",
                    "Name a colour.",
                    "Is water wet? Answer yes or no.",
                    "What comes after Monday?",
                    "Write the letters a, b and c.");

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"dense", "compressed"})
    void answersOfTheTinyReasonerAgree(String variant, TestReporter reporter)
            throws IOException, InterruptedException {
        LlamaServer.programs();
        assumeTrue(Files.exists(TINY_REASONER.resolve("config.json")), "no tiny reasoner here");
        Path data = SharedData.path("bbh-temporal-sequences.json");
        Path model = folder.resolve(variant + ".gguf");
        Compression.of(TINY_REASONER).recipe(recipe(variant)).writeTo(model);
        Task task = Tasks.named("temporal-sequences");
        List<Question> questions = task.questions(data).subList(0, QUESTIONS);
        List<String> embedded;
        List<String> served;
        EngineOptions options = EngineOptions.withContext(CONTEXT);
        try (Engine engine = Engines.open(Engines.EMBEDDED, model, options)) {
            embedded = answers(engine, task, questions);
        }
        try (LlamaServer server = LlamaServer.start(model, CONTEXT, folder.resolve("log"));
                Engine engine = Engines.open(server.address().toString(), null, options)) {
            served = answers(engine, task, questions);
        }
        List<String> different = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            if (!embedded.get(i).equals(served.get(i))) {
                different.add(i + ": " + embedded.get(i) + " / " + served.get(i));
            }
        }
        reporter.publishEntry(variant + ", different of " + QUESTIONS, different.toString());
        assertTrue(
                different.size() <= Math.round((1 - AGREEMENT) * QUESTIONS),
                () -> "index: embedded / server: " + different);
    }

    private static Recipe recipe(String variant) {
        return variant.equals("dense")
                ? Recipe.EMPTY
                : Recipe.builder()
                        .sparsity(0.5)
                        .type("Q4_0")
                        .calibration(new CalibrationOptions(null, 16, 256, 1L))
                        .build();
    }

    private static List<String> answers(Engine engine, Task task, List<Question> questions) {
        List<String> answers = new ArrayList<>();
        for (Question question : questions) {
            Generation said =
                    engine.generate(
                            new GenerationRequest(
                                    question.message(),
                                    question.opening(),
                                    PromptStyle.RAW,
                                    Sampling.GREEDY,
                                    1,
                                    256));
            ModelOutput output = ModelOutput.parse(said.output());
            answers.add(String.valueOf(task.extract(question, output).answer()));
        }
        return answers;
    }

    /**
     * Both see the same prompt, to the token. The texts differ where a rounding turns a close
     * choice, and then all the way: kernels of the two versions sum in different orders.
     */
    @Test
    void chatsOfSmolLm2Agree(TestReporter reporter) throws IOException, InterruptedException {
        LlamaServer.programs();
        String models = System.getenv("LATHE_MODELS");
        assumeTrue(models != null, "LATHE_MODELS is not set");
        Path model = Path.of(models, "SmolLM2-135M-Instruct.Q4_1.gguf");
        assumeTrue(Files.exists(model), () -> model + " is absent");
        EngineOptions options =
                EngineOptions.withContext(CONTEXT).withConcurrency(1).withThreads(1);
        int same = 0;
        try (LlamaServer server = LlamaServer.start(model, CONTEXT, folder.resolve("log"));
                Engine embedded = Engines.open(Engines.EMBEDDED, model, options);
                Engine served = Engines.open(server.address().toString(), null, options)) {
            for (String chat : CHATS) {
                Generation one = embedded.generate(Requests.styled(chat, PromptStyle.CHAT, 12));
                Generation other = served.generate(Requests.styled(chat, PromptStyle.CHAT, 12));
                assertEquals(one.promptTokens(), other.promptTokens(), chat);
                reporter.publishEntry(chat, one.output() + " / " + other.output());
                if (one.output().equals(other.output())) {
                    same++;
                    assertEquals(one.answerTokens(), other.answerTokens(), chat);
                    assertEquals(one.stop(), other.stop(), chat);
                }
            }
        }
        assertTrue(same >= CHATS.size() * 3 / 4, same + " of " + CHATS.size() + " are the same");
    }
}
