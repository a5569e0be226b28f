package dev.lathe.eval.engines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.compress.Recipe;
import dev.lathe.eval.TinyReasoner;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engines.server.EngineServer;
import dev.lathe.eval.task.Question;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedded llama.cpp b4916 and OpenAI-compatible servers, greedy, on the same questions. */
class EngineAgreementTest {
    private static final int CONTEXT = 1024;
    private static final int QUESTIONS = 50;

    /** Of 50 answers one may differ, where a rounding turns a close choice. */
    private static final double AGREEMENT = 0.98;

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

    /** Asks through the embedded engine, then through both servers where they can be had. */
    @ParameterizedTest
    @ValueSource(strings = {"dense", "compressed"})
    void answersOfTheTinyReasonerAgree(String variant) throws Exception {
        Path model = TinyReasoner.compress(recipe(variant), folder.resolve(variant + ".gguf"));
        List<Question> questions = TinyReasoner.publishedQuestions(QUESTIONS);
        assertEquals(QUESTIONS, questions.size());
        List<String> embedded;
        List<String> served;
        try (Engine engine = Engines.open(Engines.EMBEDDED, model, TinyReasoner.OPTIONS)) {
            embedded = answers(engine, questions);
            try (EngineServer server = new EngineServer(engine)) {
                served = answers(server.address(), engine.concurrency(), questions);
                assertEquals(QUESTIONS, server.asked());
            }
        }
        long right =
                IntStream.range(0, QUESTIONS)
                        .filter(i -> questions.get(i).expected().contains(embedded.get(i)))
                        .count();
        System.out.printf("%s: embedded %d of %d right%n", variant, right, QUESTIONS);
        // Agreement of models that say nothing shows nothing.
        assertTrue(right >= 0.9 * QUESTIONS, () -> variant + ": " + right + " right");
        assertAgreement(variant + ", test server", embedded, served);
        if (LlamaServer.isThere()) {
            int context = TinyReasoner.OPTIONS.contextTokens();
            try (LlamaServer server = LlamaServer.start(model, context, folder.resolve("log"))) {
                served = answers(server.address(), 1, questions);
            }
            assertAgreement(variant + ", llama-server", embedded, served);
        }
    }

    private static Recipe recipe(String variant) {
        return variant.equals("dense")
                ? Recipe.EMPTY
                : Recipe.builder().sparsity(0.5).type("Q4_0").build();
    }

    private static List<String> answers(URI server, int concurrency, List<Question> questions)
            throws Exception {
        EngineOptions options = TinyReasoner.OPTIONS.withConcurrency(concurrency);
        try (Engine engine = Engines.open(server.toString(), null, options)) {
            return answers(engine, questions);
        }
    }

    private static List<String> answers(Engine engine, List<Question> questions) throws Exception {
        return TinyReasoner.answers(engine, questions).stream()
                .map(extraction -> String.valueOf(extraction.answer()))
                .toList();
    }

    private static void assertAgreement(String what, List<String> embedded, List<String> served) {
        List<String> different = new ArrayList<>();
        for (int i = 0; i < QUESTIONS; i++) {
            if (!embedded.get(i).equals(served.get(i))) {
                different.add(i + ": " + embedded.get(i) + " / " + served.get(i));
            }
        }
        String told = what + ": " + different.size() + " of " + QUESTIONS + " differ: " + different;
        System.out.println(told);
        assertTrue(
                different.size() <= Math.round((1 - AGREEMENT) * QUESTIONS),
                () -> told + " (question: embedded / server)");
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
