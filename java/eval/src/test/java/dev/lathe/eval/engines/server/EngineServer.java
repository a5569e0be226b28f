package dev.lathe.eval.engines.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.extract.ModelOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.List;
import java.util.function.UnaryOperator;

/** An OpenAI-compatible server over an engine: streamed completions and chats, one model. */
public final class EngineServer implements AutoCloseable {
    /** Characters of an event; events may end within a line, not within a character. */
    private static final int PIECE = 5;

    private final Engine engine;
    private final ScriptedServer server;

    /**
     * Starts.
     *
     * @param engine answers; closed by the caller
     */
    public EngineServer(Engine engine) throws IOException {
        this.engine = engine;
        this.server = new ScriptedServer(ScriptedServer.oneModel("test"), this::answer);
    }

    /** Where it listens. */
    public URI address() {
        return server.address();
    }

    /** How many questions it was asked. */
    public int asked() {
        return server.questions().size();
    }

    private void answer(HttpExchange exchange, String body) throws IOException {
        JsonNode question = new ObjectMapper().readTree(body);
        boolean chat = question.has("messages");
        Generation said = engine.generate(chat ? chat(question) : completion(question));
        try (OutputStream stream = ScriptedServer.events(exchange)) {
            String end = said.stop() == StopReason.LENGTH ? "length" : "stop";
            ModelOutput output = ModelOutput.parse(said.output());
            if (!chat) {
                send(stream, said.output(), piece -> Events.completion(piece, null));
                send(stream, Events.completion("", end));
            } else if (output.closed()) {
                send(stream, output.thinking(), each -> Events.thought("reasoning_content", each));
                send(stream, output.answer(), Events::content);
                send(stream, Events.end(end));
            } else {
                send(stream, said.output(), Events::content);
                send(stream, Events.end(end));
            }
            int tokens = said.thinkingTokens() + said.answerTokens();
            send(stream, Events.usage(said.promptTokens(), tokens));
            send(stream, Events.DONE);
        }
    }

    private static GenerationRequest completion(JsonNode question) {
        return request(
                question,
                question.get("prompt").asText(),
                "",
                PromptStyle.RAW,
                question.get("max_tokens").asInt());
    }

    private static GenerationRequest chat(JsonNode question) {
        List<String> texts = question.get("messages").findValuesAsText("content");
        boolean opened = question.path("continue_final_message").asBoolean();
        return request(
                question,
                texts.get(0),
                opened ? texts.get(1) : "",
                opened ? PromptStyle.CHAT_THINK : PromptStyle.CHAT,
                question.get("max_completion_tokens").asInt());
    }

    private static GenerationRequest request(
            JsonNode question, String message, String opening, PromptStyle style, int tokens) {
        Sampling sampling =
                new Sampling(
                        question.get("temperature").asDouble(), question.get("top_p").asDouble());
        long seed = question.get("seed").asLong();
        return new GenerationRequest(message, opening, style, sampling, seed, tokens);
    }

    private static void send(OutputStream stream, String text, UnaryOperator<String> event)
            throws IOException {
        for (int from = 0; from < text.length(); ) {
            int characters = Math.min(PIECE, text.codePointCount(from, text.length()));
            int to = text.offsetByCodePoints(from, characters);
            send(stream, event.apply(text.substring(from, to)));
            from = to;
        }
    }

    private static void send(OutputStream stream, String data) throws IOException {
        ScriptedServer.write(stream, "data: " + data + "\n\n");
    }

    @Override
    public void close() {
        server.close();
    }
}
