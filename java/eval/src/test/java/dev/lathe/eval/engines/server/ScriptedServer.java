package dev.lathe.eval.engines.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server that lists one model and answers every question as a test says. */
final class ScriptedServer implements AutoCloseable {
    /** What happens to a question. */
    interface Script {
        void answer(HttpExchange exchange) throws IOException, InterruptedException;
    }

    /** The same, for scripts that read the question. */
    interface Reader {
        void answer(HttpExchange exchange, String question)
                throws IOException, InterruptedException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> questions = new CopyOnWriteArrayList<>();
    private final List<String> keys = new CopyOnWriteArrayList<>();

    /**
     * Starts.
     *
     * @param models body of the list of models
     * @param script for chats and completions
     */
    ScriptedServer(String models, Script script) throws IOException {
        this(models, (exchange, question) -> script.answer(exchange));
    }

    /** Starts with a script that reads questions. */
    ScriptedServer(String models, Reader script) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext(
                "/v1/models", exchange -> send(exchange, 200, "application/json", models));
        server.createContext("/v1/chat/completions", exchange -> run(exchange, script));
        server.createContext("/v1/completions", exchange -> run(exchange, script));
        server.start();
    }

    /** A list of one model. */
    static String oneModel(String software) {
        return """
        {"object":"list","data":[{"id":"tiny","object":"model","created":1,"owned_by":"%s"}]}"""
                .formatted(software);
    }

    private void run(HttpExchange exchange, Reader script) throws IOException {
        keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        String question =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        questions.add(question);
        try {
            script.answer(exchange, question);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    /** Sends a whole answer. */
    static void send(HttpExchange exchange, int status, String type, String body)
            throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
    }

    /** Begins a stream of events. */
    static OutputStream events(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
        exchange.sendResponseHeaders(200, 0);
        return exchange.getResponseBody();
    }

    /** Sends events, each as one line of data. */
    static Script events(String... data) {
        return exchange -> {
            OutputStream stream = events(exchange);
            for (String line : data) {
                write(stream, "data: " + line + "\n\n");
            }
        };
    }

    /** Writes some text of a stream. */
    static void write(OutputStream stream, String text) throws IOException {
        stream.write(text.getBytes(StandardCharsets.UTF_8));
        stream.flush();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Bodies of the questions so far. */
    List<String> questions() {
        return questions;
    }

    /** What the questions were authorized with. */
    List<String> keys() {
        return keys;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
