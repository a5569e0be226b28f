package dev.lathe.eval.engines.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.checkpoint.GgufCheckpoint;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineException.Kind;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.engines.Requests;
import dev.lathe.eval.engines.SmallModel;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** llama.cpp in children, asked with a random model whose tokens are mostly single bytes. */
class EmbeddedEngineTest {
    private static final int CONTEXT = 128;
    private static final EngineOptions OPTIONS =
            EngineOptions.withContext(CONTEXT).withThreads(2).withConcurrency(2);

    @TempDir static Path folder;
    private static Path model;
    private static EmbeddedEngine engine;

    @BeforeAll
    static void open() {
        model = SmallModel.write("llama-tied", folder);
        engine = EmbeddedEngine.open(model, OPTIONS);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void smallModelsRunInSeveralProcesses() {
        assertEquals(2, engine.concurrency());
        assertEquals("2", engine.description().get("processes"));
        assertEquals("llama.cpp b4916, embedded", engine.description().get("engine"));
    }

    @Test
    void countsAreExact() {
        String text = "Hello, the world — and “all” that is in it.";
        Generation said = engine.generate(Requests.raw(text, 24));
        assertEquals(tokens(text), said.promptTokens());
        assertEquals(StopReason.LENGTH, said.stop());
        assertEquals(24, said.thinkingTokens() + said.answerTokens());
        assertFalse(said.splitEstimated());
        assertTrue(said.seconds() > 0);
    }

    private static int tokens(String text) {
        try (GgufCheckpoint checkpoint = GgufCheckpoint.open(model);
                Tokenizer tokenizer = Tokenizer.of(checkpoint)) {
            return tokenizer.encode(text, true).length;
        }
    }

    @Test
    void answersDoNotDependOnWhatElseIsAsked() throws InterruptedException, ExecutionException {
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            requests.add(Requests.raw("Question number " + i + ": what is it?", 16));
        }
        List<String> alone = new ArrayList<>();
        for (GenerationRequest request : requests) {
            alone.add(engine.generate(request).output());
        }
        ExecutorService threads = Executors.newFixedThreadPool(engine.concurrency());
        try {
            List<Future<Generation>> together = new ArrayList<>();
            for (GenerationRequest request : requests) {
                together.add(threads.submit(() -> engine.generate(request)));
            }
            for (int i = 0; i < requests.size(); i++) {
                assertEquals(alone.get(i), together.get(i).get().output(), "request " + i);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void seedsDecideDraws() {
        String first = engine.generate(Requests.drawn("Once", 7, 32)).output();
        assertEquals(first, engine.generate(Requests.drawn("Once", 7, 32)).output());
        assertNotEquals(first, engine.generate(Requests.drawn("Once", 8, 32)).output());
        // −1 and what folds to it mean "any seed" to llama.cpp.
        String last = engine.generate(Requests.drawn("Once", -1, 32)).output();
        assertEquals(last, engine.generate(Requests.drawn("Once", -1, 32)).output());
    }

    @Test
    void theContextEndsAnswers() {
        String text = "a b c d e f g h i j k l m n o p q r s t u v w x y z ".repeat(2);
        int prompt = tokens(text);
        assertTrue(prompt < CONTEXT, "the question must fit: " + prompt);
        Generation said = engine.generate(Requests.raw(text, CONTEXT));
        assertEquals(StopReason.LENGTH, said.stop());
        assertEquals(CONTEXT, said.promptTokens() + said.answerTokens());
        EngineException refused =
                assertThrows(
                        EngineException.class,
                        () -> engine.generate(Requests.raw(text.repeat(3), CONTEXT)));
        assertEquals(Kind.REFUSED, refused.kind());
        assertTrue(refused.getMessage().contains("128"), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0000 NUL and \u0001\u001f controls \u007f",
                "half a pair: \ud83d, the other: \udc4d",
                "{\"json\": \"\\u0000\"}\n\r\t</think><|endoftext|>",
                "\u2028\u2029\ufeff\u202e"
            })
    void anyTextMayBeAsked(String text) {
        assertEquals(8, engine.generate(Requests.raw(text, 8)).answerTokens());
    }

    @Test
    void aKilledChildIsReportedAndStartedAnew() throws Exception {
        try (EmbeddedEngine fragile = EmbeddedEngine.open(model, OPTIONS.withConcurrency(1))) {
            ProcessHandle child = fragile.children().get(0);
            Future<EngineException> failure =
                    failing(() -> fragile.generate(Requests.raw("Hello", 120)), 200);
            child.destroyForcibly();
            assertEquals(Kind.UNREACHABLE, failure.get(30, TimeUnit.SECONDS).kind());
            assertEquals(4, fragile.generate(Requests.raw("Hello", 4)).answerTokens());
            assertNotEquals(child.pid(), fragile.children().get(0).pid());
        }
    }

    /** Asks again and again in another thread, until it fails. */
    private static Future<EngineException> failing(Runnable asking, int most) {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        Future<EngineException> failure =
                thread.submit(
                        () -> {
                            for (int i = 0; i < most; i++) {
                                try {
                                    asking.run();
                                } catch (EngineException e) {
                                    return e;
                                }
                            }
                            throw new AssertionError("nothing failed");
                        });
        thread.shutdown();
        return failure;
    }

    @Test
    void aChildThatStallsIsEnded() throws Exception {
        EngineOptions impatient = OPTIONS.withConcurrency(1).withStall(Duration.ofSeconds(5));
        try (EmbeddedEngine stalling = EmbeddedEngine.open(model, impatient)) {
            ProcessHandle child = stalling.children().get(0);
            new ProcessBuilder("kill", "-STOP", Long.toString(child.pid())).start().waitFor();
            EngineException stalled =
                    assertThrows(
                            EngineException.class,
                            () -> stalling.generate(Requests.raw("Hello", 4)));
            assertEquals(Kind.STALLED, stalled.kind());
            assertEquals(4, stalling.generate(Requests.raw("Hello", 4)).answerTokens());
        }
    }

    @Test
    void nothingIsLeftAfterClosing() throws Exception {
        EmbeddedEngine closing = EmbeddedEngine.open(model, OPTIONS.withConcurrency(2));
        List<ProcessHandle> children = closing.children();
        Path own =
                Path.of(children.get(0).info().arguments().orElseThrow()[lastArgument(children)]);
        assertTrue(own.toFile().isDirectory(), own + " is the child's folder");
        closing.close();
        for (ProcessHandle child : children) {
            assertFalse(child.isAlive(), "child " + child.pid());
        }
        assertFalse(own.toFile().exists(), own + " is deleted");
        EngineException closed =
                assertThrows(
                        EngineException.class, () -> closing.generate(Requests.raw("Hello", 4)));
        assertFalse(closed.retryable());
    }

    private static int lastArgument(List<ProcessHandle> children) {
        return children.get(0).info().arguments().orElseThrow().length - 1;
    }

    @Test
    void modelsThatLlamaCppDoesNotKnowAreRefusedWithAWayOut() throws IOException {
        Path unknown = SmallModel.write("qwen3", folder);
        EngineException refused =
                assertThrows(EngineException.class, () -> EmbeddedEngine.open(unknown, OPTIONS));
        assertEquals(Kind.REFUSED, refused.kind());
        assertTrue(refused.getMessage().contains("qwen3.gguf"), refused.getMessage());
        assertTrue(
                refused.getMessage().contains("unknown model architecture: 'qwen3'"),
                refused.getMessage());
        assertTrue(refused.getMessage().contains("llama-server"), refused.getMessage());
    }
}
