package dev.lathe.eval.engines.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.UsageException;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.engines.Requests;
import dev.lathe.tokenizer.Message;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What servers are asked, and what becomes of answers that are as they should be. */
class ServerEngineTest {
    private static final EngineOptions OPTIONS = EngineOptions.withContext(512);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Generation ask(ScriptedServer.Script script, PromptStyle style)
            throws IOException {
        try (ScriptedServer server = new ScriptedServer(ScriptedServer.oneModel("x"), script);
                ServerEngine engine = ServerEngine.open(server.address(), OPTIONS)) {
            return engine.generate(Requests.styled("Why?", style, 100));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"reasoning_content", "reasoning"})
    void separateThinkingIsJoined(String name) throws IOException {
        Generation said =
                ask(
                        ScriptedServer.events(
                                Events.thought(name, "So"),
                                Events.thought(name, " it is."),
                                Events.content("(A)"),
                                Events.end("stop"),
                                Events.usage(12, 9, 6),
                                Events.DONE),
                        PromptStyle.CHAT);
        assertEquals("<think>\nSo it is.\n</think>\n\n(A)", said.output());
        assertEquals(StopReason.END, said.stop());
        assertEquals(12, said.promptTokens());
        assertEquals(6, said.thinkingTokens());
        assertEquals(3, said.answerTokens());
        assertFalse(said.splitEstimated());
    }

    @Test
    void inlineThinkingIsSplitByLength() throws IOException {
        Generation said =
                ask(
                        ScriptedServer.events(
                                Events.content("<think>1234567890123456"),
                                Events.content("</think>"),
                                Events.content("A"),
                                Events.end("length"),
                                Events.usage(5, 64),
                                Events.DONE),
                        PromptStyle.CHAT);
        assertEquals("<think>1234567890123456</think>A", said.output());
        assertEquals(StopReason.LENGTH, said.stop());
        // 31 of 32 characters are thinking.
        assertEquals(62, said.thinkingTokens());
        assertEquals(2, said.answerTokens());
        assertTrue(said.splitEstimated());
    }

    @Test
    void withoutCountsEventsStandForTokens() throws IOException {
        Generation said =
                ask(
                        ScriptedServer.events(
                                Events.content("(A)"),
                                Events.content("."),
                                Events.end("stop"),
                                Events.DONE),
                        PromptStyle.CHAT);
        assertEquals(2, said.answerTokens());
        assertEquals(-1, said.promptTokens());
        assertTrue(said.splitEstimated());
    }

    @Test
    void anAnswerThatEndsAtOnceIsAnAnswer() throws IOException {
        Generation said =
                ask(
                        ScriptedServer.events(Events.end("stop"), Events.usage(5, 1), Events.DONE),
                        PromptStyle.CHAT);
        assertEquals("", said.output());
        assertEquals(1, said.answerTokens());
    }

    @Test
    void rawTextIsACompletion() throws IOException {
        try (ScriptedServer server =
                        new ScriptedServer(
                                ScriptedServer.oneModel("vllm"),
                                ScriptedServer.events(
                                        Events.completion("Fine.", null),
                                        Events.completion("", "stop"),
                                        Events.usage(5, 3),
                                        Events.DONE));
                ServerEngine engine = ServerEngine.open(server.address(), OPTIONS)) {
            GenerationRequest request = Requests.styled("Why?", PromptStyle.RAW, 77);
            Generation said = engine.generate(request);
            assertEquals("Fine.", said.output());
            // The prompt opened the thinking, and it never ended.
            assertEquals(3, said.thinkingTokens());
            JsonNode asked = JSON.readTree(server.questions().get(0));
            assertEquals("Why?\n<think>\n", asked.get("prompt").asText());
            assertEquals(77, asked.get("max_tokens").asInt());
            assertTrue(asked.get("stream").asBoolean());
        }
    }

    @Test
    void samplingAndSeedsAreSaid() throws IOException {
        ScriptedServer.Script script =
                ScriptedServer.events(Events.content("x"), Events.end("stop"), Events.DONE);
        try (ScriptedServer server =
                        new ScriptedServer(ScriptedServer.oneModel("llamacpp"), script);
                ServerEngine engine = ServerEngine.open(server.address(), OPTIONS)) {
            engine.generate(
                    new GenerationRequest(
                            "Why?",
                            Requests.OPENING,
                            PromptStyle.CHAT_THINK,
                            Sampling.REASONING,
                            -1L,
                            9));
            JsonNode asked = JSON.readTree(server.questions().get(0));
            assertEquals("tiny", asked.get("model").asText());
            assertEquals(0.6, asked.get("temperature").asDouble());
            assertEquals(0.95, asked.get("top_p").asDouble());
            assertEquals(9, asked.get("max_completion_tokens").asInt());
            assertTrue(asked.get("seed").canConvertToInt(), "seed " + asked.get("seed"));
            assertTrue(asked.get("seed").asInt() >= 0, "seed " + asked.get("seed"));
            assertEquals(-1, asked.get("top_k").asInt());
            assertEquals("user", asked.at("/messages/0/role").asText());
            assertEquals("Why?", asked.at("/messages/0/content").asText());
            assertEquals("assistant", asked.at("/messages/1/role").asText());
            assertEquals("<think>\n", asked.at("/messages/1/content").asText());
            assertTrue(asked.get("continue_final_message").asBoolean());
            assertFalse(asked.get("add_generation_prompt").asBoolean());
        }
    }

    @Test
    void turnsBeforeTheQuestionAreSent() throws IOException {
        ScriptedServer.Script script =
                ScriptedServer.events(Events.content("x"), Events.end("stop"), Events.DONE);
        try (ScriptedServer server = new ScriptedServer(ScriptedServer.oneModel("vllm"), script);
                ServerEngine engine = ServerEngine.open(server.address(), OPTIONS)) {
            engine.generate(
                    new GenerationRequest(
                            List.of(
                                    new Message("system", "Be brief."),
                                    new Message("user", "Hi"),
                                    new Message("assistant", "Yes?")),
                            "Why?",
                            "",
                            PromptStyle.CHAT,
                            Sampling.GREEDY,
                            1,
                            9));
            JsonNode messages = JSON.readTree(server.questions().get(0)).get("messages");
            StringBuilder sent = new StringBuilder();
            messages.forEach(
                    m ->
                            sent.append(
                                    m.get("role").asText()
                                            + ":"
                                            + m.get("content").asText()
                                            + " "));
            assertEquals("system:Be brief. user:Hi assistant:Yes? user:Why? ", sent.toString());
        }
    }

    @Test
    void unknownServersGetNothingThatIsNotStandard() throws IOException {
        ScriptedServer.Script script =
                ScriptedServer.events(Events.content("x"), Events.end("stop"), Events.DONE);
        try (ScriptedServer server = new ScriptedServer(ScriptedServer.oneModel("openai"), script);
                ServerEngine engine = ServerEngine.open(server.address(), OPTIONS)) {
            engine.generate(Requests.styled("Why?", PromptStyle.CHAT, 9));
            assertNull(JSON.readTree(server.questions().get(0)).get("top_k"));
        }
    }

    @Test
    void theModelMustBeClear() throws IOException {
        String two =
                """
                {"object":"list","data":[
                {"id":"a","object":"model","created":1,"owned_by":"x"},
                {"id":"b","object":"model","created":1,"owned_by":"x"}]}""";
        try (ScriptedServer server = new ScriptedServer(two, exchange -> {})) {
            UsageException mistake =
                    assertThrows(
                            UsageException.class,
                            () -> ServerEngine.open(server.address(), OPTIONS));
            assertTrue(mistake.getMessage().endsWith("it has a, b"), mistake.getMessage());
            assertThrows(
                    UsageException.class,
                    () -> ServerEngine.open(server.address(), OPTIONS.withServerModel("c")));
            try (ServerEngine engine =
                    ServerEngine.open(server.address(), OPTIONS.withServerModel("b"))) {
                assertEquals("b", engine.description().get("model"));
            }
        }
    }

    @Test
    void keysComeFromTheEnvironmentAndAreNotTold() throws IOException {
        ScriptedServer.Script script =
                ScriptedServer.events(Events.content("x"), Events.end("stop"), Events.DONE);
        try (ScriptedServer server = new ScriptedServer(ScriptedServer.oneModel("x"), script)) {
            assertThrows(
                    UsageException.class,
                    () ->
                            ServerEngine.open(
                                    server.address(), OPTIONS.withKeyVariable("LATHE_NO_KEY")));
            // A variable that every machine has stands for the key.
            String secret = System.getenv("PATH");
            try (ServerEngine engine =
                    ServerEngine.open(server.address(), OPTIONS.withKeyVariable("PATH"))) {
                engine.generate(Requests.styled("Why?", PromptStyle.CHAT, 9));
                assertEquals("Bearer " + secret.strip(), server.keys().get(0));
                assertFalse(engine.description().toString().contains(secret));
            }
        }
    }
}
