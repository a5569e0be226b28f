package dev.lathe.eval.traces;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.calibrate.Conversation;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.InstantEngine;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.run.RetryPolicy;
import dev.lathe.tokenizer.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceRunTest {
    private static final int PROMPTS = 20;
    private static final RetryPolicy AT_ONCE = new RetryPolicy(3, Duration.ZERO, Duration.ZERO);
    private static final TraceSettings SETTINGS =
            new TraceSettings("tiny", PromptStyle.CHAT, Sampling.REASONING, 7, 100);

    @TempDir Path folder;
    private Path output;
    private final List<GenerationRequest> asked = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void name() {
        output = folder.resolve("traces.jsonl");
    }

    private static List<List<Message>> prompts(int count) {
        List<List<Message>> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            prompts.add(List.of(new Message("user", "What is " + i + "?")));
        }
        return prompts;
    }

    private Engine engine(Function<GenerationRequest, Generation> answers) {
        return new InstantEngine(
                3,
                request -> {
                    asked.add(request);
                    return answers.apply(request);
                });
    }

    private static Generation thought(GenerationRequest request) {
        return InstantEngine.said("Hm, " + request.message() + "\n</think>\n\nThat.", 5);
    }

    private static TraceRun run(int samples, TraceSettings settings) {
        return new TraceRun(prompts(PROMPTS), samples, settings, AT_ONCE, TraceListener.NONE);
    }

    private List<JsonNode> lines() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(output)) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    @Test
    void everyPromptBecomesAConversationWithThinking() throws IOException {
        TraceRun.Summary made = run(2, SETTINGS).write(output, () -> engine(TraceRunTest::thought));
        assertEquals(new TraceRun.Summary(0, 2 * PROMPTS, 0, 2 * PROMPTS * 10, 0), made);
        Set<String> questions = new HashSet<>();
        for (String line : Files.readAllLines(output)) {
            Conversation said = Conversation.parse(line, "traces");
            String question = said.messages().get(0).content();
            questions.add(question);
            assertEquals(
                    "<think>\nHm, " + question + "\n</think>\n\nThat.",
                    said.messages().get(1).content());
            assertEquals("assistant", said.messages().get(1).role());
            assertFalse(said.cut());
        }
        assertEquals(PROMPTS, questions.size());
        assertEquals(2 * PROMPTS, asked.stream().map(GenerationRequest::seed).distinct().count());
    }

    @Test
    void aRunGoesOnWhereItWasCutOff() throws IOException {
        run(1, SETTINGS).write(output, () -> engine(TraceRunTest::thought));
        List<String> whole = Files.readAllLines(output);
        String kept = String.join("\n", whole.subList(0, 7)) + "\n";
        Files.writeString(output, kept + whole.get(7).substring(0, 30));
        asked.clear();
        TraceRun.Summary made = run(1, SETTINGS).write(output, () -> engine(TraceRunTest::thought));
        assertEquals(new TraceRun.Summary(7, PROMPTS - 7, 0, PROMPTS * 10, 0), made);
        assertEquals(PROMPTS - 7, asked.size());
        List<String> again = new ArrayList<>(Files.readAllLines(output));
        assertEquals(whole.subList(0, 7), again.subList(0, 7));
        assertEquals(new HashSet<>(whole), new HashSet<>(again));
        assertEquals(PROMPTS, again.size());
        run(1, SETTINGS)
                .write(
                        output,
                        () -> {
                            throw new AssertionError("nothing is missing");
                        });
    }

    @Test
    void failuresAreToldAndAskedAgain() throws IOException {
        List<String> told = Collections.synchronizedList(new ArrayList<>());
        TraceListener listener =
                new TraceListener() {
                    @Override
                    public void advanced(int done, int total) {}

                    @Override
                    public void failed(int prompt, int attempt, boolean last, String reason) {
                        told.add(prompt + " " + attempt + " " + last + " " + reason);
                    }
                };
        TraceRun run = new TraceRun(prompts(PROMPTS), 1, SETTINGS, AT_ONCE, listener);
        TraceRun.Summary first =
                run.write(
                        output,
                        () ->
                                engine(
                                        request -> {
                                            if (request.message().equals("What is 4?")) {
                                                throw new EngineException(
                                                        EngineException.Kind.STALLED, "silence");
                                            }
                                            return thought(request);
                                        }));
        assertEquals(1, first.failed());
        assertEquals(PROMPTS - 1, first.made());
        assertEquals(
                List.of(
                        "4 1 false stalled: silence",
                        "4 2 false stalled: silence",
                        "4 3 true stalled: silence"),
                told);
        assertEquals(PROMPTS - 1, lines().size());
        asked.clear();
        assertEquals(1, run.write(output, () -> engine(TraceRunTest::thought)).made());
        assertEquals(List.of("What is 4?"), asked.stream().map(r -> r.message()).toList());
    }

    @Test
    void anEngineThatIsDownEndsTheRun() {
        LatheException down =
                assertThrows(
                        LatheException.class,
                        () ->
                                run(1, SETTINGS)
                                        .write(
                                                output,
                                                () ->
                                                        engine(
                                                                request -> {
                                                                    throw new EngineException(
                                                                            EngineException.Kind
                                                                                    .REFUSED,
                                                                            "no");
                                                                })));
        assertTrue(down.getMessage().contains(" questions in a row"), down.getMessage());
    }

    @Test
    void whatWasCutOffSaysSo() throws IOException {
        run(1, SETTINGS)
                .write(
                        output,
                        () ->
                                engine(
                                        request ->
                                                new Generation(
                                                        "Hm, hm",
                                                        StopReason.LENGTH,
                                                        9,
                                                        100,
                                                        0,
                                                        false,
                                                        1)));
        Conversation said = Conversation.parse(Files.readAllLines(output).get(0), "traces");
        assertTrue(said.cut());
        assertEquals("<think>\nHm, hm", said.messages().get(1).content());
    }

    @Test
    void turnsBeforeThePromptAreAskedAndKept() throws IOException {
        List<Message> prompt =
                List.of(
                        new Message("system", "Be brief."),
                        new Message("user", "A?"),
                        new Message("assistant", "B."),
                        new Message("user", "C?"));
        new TraceRun(List.of(prompt), 1, SETTINGS, AT_ONCE, TraceListener.NONE)
                .write(output, () -> engine(request -> InstantEngine.said("D.", 0)));
        assertEquals(prompt, asked.get(0).messages());
        List<Message> said =
                Conversation.parse(Files.readAllLines(output).get(0), "traces").messages();
        assertEquals(prompt, said.subList(0, 4));
        assertEquals(new Message("assistant", "D."), said.get(4));
    }

    @Test
    void otherTracesAreNotMixedIn() throws IOException {
        run(1, SETTINGS).write(output, () -> engine(TraceRunTest::thought));
        TraceSettings greedy = new TraceSettings("tiny", PromptStyle.CHAT, Sampling.GREEDY, 7, 100);
        refused(UsageException.class, run(1, greedy), "was made otherwise");
        TraceRun others =
                new TraceRun(
                        prompts(PROMPTS).subList(1, PROMPTS),
                        1,
                        SETTINGS,
                        AT_ONCE,
                        TraceListener.NONE);
        refused(UsageException.class, others, "another file of prompts");
        Files.writeString(output, "{\"messages\":[]}\n");
        refused(DataException.class, run(1, SETTINGS), "line 1: is no trace");
        Files.writeString(output, "hello\n");
        refused(DataException.class, run(1, SETTINGS), "line 1: ");
        assertThrows(UsageException.class, () -> run(2, greedy));
        assertThrows(UsageException.class, () -> run(0, SETTINGS));
    }

    private void refused(Class<? extends RuntimeException> kind, TraceRun run, String message) {
        RuntimeException refused =
                assertThrows(kind, () -> run.write(output, () -> engine(TraceRunTest::thought)));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }
}
