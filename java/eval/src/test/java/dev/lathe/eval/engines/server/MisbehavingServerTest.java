package dev.lathe.eval.engines.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineException.Kind;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engines.Requests;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that fail, stall or send rubbish, each in one way. */
@Timeout(120)
class MisbehavingServerTest {
    /** Short, yet long beside the pauses of a busy machine. */
    private static final EngineOptions OPTIONS =
            EngineOptions.withContext(512).withStall(Duration.ofSeconds(3));

    private static final long DRIP_MILLISECONDS = 200;

    private static EngineException failure(ScriptedServer.Script script) throws IOException {
        return failure(script, PromptStyle.CHAT);
    }

    private static EngineException failure(ScriptedServer.Script script, PromptStyle style)
            throws IOException {
        try (ScriptedServer server = new ScriptedServer(ScriptedServer.oneModel("x"), script);
                ServerEngine engine = ServerEngine.open(server.address(), OPTIONS)) {
            EngineException failure =
                    assertThrows(
                            EngineException.class,
                            () -> engine.generate(Requests.styled("Why?", style, 100)));
            assertFalse(failure.getMessage().contains("\n"), failure.getMessage());
            assertEquals(1, server.questions().size(), "engines do not ask again");
            return failure;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "500,UNREACHABLE",
        "502,UNREACHABLE",
        "503,UNREACHABLE",
        "429,UNREACHABLE",
        "408,UNREACHABLE",
        "400,REFUSED",
        "401,REFUSED",
        "403,REFUSED",
        "404,REFUSED",
        "413,REFUSED",
        "422,REFUSED",
        "418,REFUSED"
    })
    void statusesSayWhetherToAskAgain(int status, Kind kind) throws IOException {
        String body = "{\"error\":{\"message\":\"no\\nmore\\u001b[31m\",\"type\":\"t\"}}";
        EngineException failure =
                failure(
                        exchange ->
                                ScriptedServer.send(exchange, status, "application/json", body));
        assertEquals(kind, failure.kind());
        assertTrue(failure.getMessage().contains(Integer.toString(status)), failure.getMessage());
        assertFalse(failure.getMessage().contains("\u001b"), failure.getMessage());
        assertEquals(Optional.empty(), failure.retryAfter());
    }

    @Test
    void errorsNeedNotBeJson() throws IOException {
        EngineException failure =
                failure(
                        exchange ->
                                ScriptedServer.send(
                                        exchange, 502, "text/html", "<html>" + "x".repeat(9999)));
        assertEquals(Kind.UNREACHABLE, failure.kind());
        assertTrue(failure.getMessage().length() < 500, failure.getMessage());
    }

    @Test
    void waitingTimesAreHandedOn() throws IOException {
        assertEquals(Optional.of(Duration.ofSeconds(7)), waiting("7"));
        assertEquals(Optional.of(Duration.ofMinutes(10)), waiting("86400"));
        assertEquals(Optional.empty(), waiting("soon"));
        assertEquals(Optional.empty(), waiting("-5"));
        assertEquals(Optional.empty(), waiting("99999999999999999999"));
        ZonedDateTime later = ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(5);
        Duration wait = waiting(DateTimeFormatter.RFC_1123_DATE_TIME.format(later)).orElseThrow();
        assertTrue(wait.toSeconds() > 200 && wait.toSeconds() <= 300, wait.toString());
    }

    private static Optional<Duration> waiting(String header) throws IOException {
        return failure(
                        exchange -> {
                            exchange.getResponseHeaders().set("Retry-After", header);
                            ScriptedServer.send(exchange, 429, "application/json", "{}");
                        })
                .retryAfter();
    }

    @Test
    void silenceBeforeTheAnswerIsAStall() throws IOException {
        assertEquals(Kind.STALLED, failure(exchange -> Thread.sleep(60_000)).kind());
    }

    @Test
    void silenceWithinTheAnswerIsAStall() throws IOException {
        ScriptedServer.Script script =
                exchange -> {
                    OutputStream stream = ScriptedServer.events(exchange);
                    ScriptedServer.write(stream, "data: " + Events.content("So") + "\n\n");
                    Thread.sleep(60_000);
                };
        assertEquals(Kind.STALLED, failure(script).kind());
    }

    @Test
    void bytesThatSayNothingAreAStall() throws IOException {
        ScriptedServer.Script script =
                exchange -> {
                    OutputStream stream = ScriptedServer.events(exchange);
                    while (true) {
                        ScriptedServer.write(stream, ": still here\n\n");
                        Thread.sleep(DRIP_MILLISECONDS);
                    }
                };
        assertEquals(Kind.STALLED, failure(script).kind());
    }

    @Test
    void aSlowAnswerThatGoesOnIsAnAnswer() throws IOException {
        ScriptedServer.Script script =
                exchange -> {
                    OutputStream stream = ScriptedServer.events(exchange);
                    for (int i = 0; i < 25; i++) {
                        ScriptedServer.write(stream, "data: " + Events.content("x") + "\n\n");
                        Thread.sleep(DRIP_MILLISECONDS);
                    }
                    ScriptedServer.write(stream, "data: " + Events.end("stop") + "\n\n");
                };
        try (ScriptedServer server = new ScriptedServer(ScriptedServer.oneModel("x"), script);
                ServerEngine engine = ServerEngine.open(server.address(), OPTIONS)) {
            assertEquals(
                    "x".repeat(25),
                    engine.generate(Requests.styled("Why?", PromptStyle.CHAT, 100)).output());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"CHAT", "RAW"})
    void anAnswerWithoutItsEndIsNone(PromptStyle style) throws IOException {
        String text =
                style == PromptStyle.RAW ? Events.completion("So", null) : Events.content("So");
        assertEquals(Kind.UNREACHABLE, failure(ScriptedServer.events(text), style).kind());
        EngineException done = failure(ScriptedServer.events(text, Events.DONE), style);
        assertEquals(Kind.UNREACHABLE, done.kind());
    }

    @Test
    void aConnectionThatBreaksIsUnreachable() throws IOException {
        ScriptedServer.Script script =
                exchange -> {
                    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
                    // More is announced than will come.
                    exchange.sendResponseHeaders(200, 100_000);
                    ScriptedServer.write(
                            exchange.getResponseBody(), "data: " + Events.content("So") + "\n\n");
                    throw new IOException("the connection breaks");
                };
        assertEquals(Kind.UNREACHABLE, failure(script).kind());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"delta\":{\"content\":",
                "not json",
                "\u0000\u0001",
                "[]",
                "{\"id\":\"1\"}",
                "{\"choices\":[{\"index\":0}]}",
                "{\"choices\":17}"
            })
    void otherEventsAreRubbish(String event) throws IOException {
        assertEquals(
                Kind.RUBBISH,
                failure(ScriptedServer.events(event, Events.end("stop"), Events.DONE)).kind());
    }

    @Test
    void emptyAnswersAreRubbish() throws IOException {
        assertEquals(Kind.RUBBISH, failure(ScriptedServer.events(Events.DONE)).kind());
        assertEquals(
                Kind.RUBBISH,
                failure(ScriptedServer.events(Events.usage(5, 0), Events.DONE)).kind());
        assertEquals(
                Kind.RUBBISH,
                failure(ScriptedServer.events(Events.end("stop"), Events.DONE)).kind());
    }

    @Test
    void otherContentTypesAreRubbish() throws IOException {
        for (String type : new String[] {"text/html", "application/json", "nonsense"}) {
            EngineException failure =
                    failure(exchange -> ScriptedServer.send(exchange, 200, type, "<p>Hello"));
            assertEquals(Kind.RUBBISH, failure.kind(), type);
        }
    }

    @Test
    void endlessAnswersAreRubbish() throws IOException {
        ScriptedServer.Script script =
                exchange -> {
                    OutputStream stream = ScriptedServer.events(exchange);
                    ScriptedServer.write(stream, "data: ");
                    String much = "x".repeat(1 << 20);
                    while (true) {
                        ScriptedServer.write(stream, much);
                    }
                };
        assertEquals(Kind.RUBBISH, failure(script).kind());
    }

    @Test
    void errorsMayComeAsEvents() throws IOException {
        String busy = "{\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\"}}";
        assertEquals(Kind.UNREACHABLE, failure(ScriptedServer.events(busy)).kind());
        String tooLong =
                "{\"error\":{\"message\":\"too long\",\"type\":\"invalid_request_error\"}}";
        assertEquals(Kind.REFUSED, failure(ScriptedServer.events(tooLong)).kind());
    }

    @Test
    void filteredAnswersAreRefused() throws IOException {
        ScriptedServer.Script script =
                ScriptedServer.events(
                        Events.content("So"), Events.end("content_filter"), Events.DONE);
        assertEquals(Kind.REFUSED, failure(script).kind());
    }
}
