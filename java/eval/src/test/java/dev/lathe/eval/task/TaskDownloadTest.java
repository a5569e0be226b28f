package dev.lathe.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.ModelOutput;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetching from servers that answer rightly, wrongly, late and not at all. */
class TaskDownloadTest {
    private static final String ROWS =
            """
            {"problem":"p","answer":"1"}
            {"problem":"q","answer":"2"}
            """;
    private static final String SHA256 =
            "da43d6a8b4a6bfc4b59d5ee2a1b6b3d3e0f1b36d5e56a35d3e90d4f3a9d0e0aa";

    @TempDir Path folder;

    private final AtomicInteger requests = new AtomicInteger();
    private final TaskDownload download =
            new TaskDownload(Duration.ofSeconds(2), Duration.ofMillis(1));
    private HttpServer server;

    private interface Handler {
        void handle(HttpExchange exchange) throws IOException, InterruptedException;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private URI serve(Handler handler) {
        server.createContext(
                "/set.jsonl",
                exchange -> {
                    requests.incrementAndGet();
                    try (exchange) {
                        handler.handle(exchange);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/set.jsonl");
    }

    private static void send(HttpExchange exchange, int status, String body) throws IOException {
        exchange.sendResponseHeaders(status, body.length());
        exchange.getResponseBody().write(body.getBytes(StandardCharsets.UTF_8));
    }

    /** AIME's reader with another source. */
    private record MadeTask(TaskSource source) implements Task {
        @Override
        public String name() {
            return "made";
        }

        @Override
        public String title() {
            return "Made";
        }

        @Override
        public List<Question> questions(Path file) {
            return Tasks.named("aime2024").questions(file);
        }

        @Override
        public Extraction extract(Question question, ModelOutput output) {
            return Extraction.NONE;
        }

        @Override
        public Score score(Question question, Extraction extraction) {
            return new Score(Verdict.NO_ANSWER, null);
        }
    }

    private static Task task(URI address, String sha256, int rows) {
        return new MadeTask(new TaskSource("set.jsonl", address, sha256, rows, "none"));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private String failure(Class<? extends LatheException> type, Task task) throws IOException {
        LatheException failure =
                assertThrows(type, () -> download.fetch(task, folder, null, false));
        assertEquals(List.of(), files(), "nothing is left behind");
        return failure.getMessage();
    }

    @Test
    void whatIsRightIsKeptAndNotFetchedAgain() throws IOException {
        Task task = task(serve(exchange -> send(exchange, 200, ROWS)), null, 2);
        assertTrue(download.fetch(task, folder, null, false));
        assertEquals(ROWS, Files.readString(folder.resolve("set.jsonl")));
        assertFalse(download.fetch(task, folder, null, false));
        assertEquals(1, requests.get());
        assertTrue(download.fetch(task, folder, null, true));
        assertEquals(List.of("set.jsonl"), files());
    }

    @Test
    void aMirrorTakesTheSourcesPlace() {
        URI address = serve(exchange -> send(exchange, 200, ROWS));
        Task task = task(URI.create("http://unknown.invalid/x"), null, 2);
        assertTrue(download.fetch(task, folder, address.resolve("."), false));
    }

    @Test
    void aServerThatRecoversIsAskedAgain() {
        Task task =
                task(
                        serve(exchange -> send(exchange, requests.get() < 3 ? 503 : 200, ROWS)),
                        null,
                        2);
        assertTrue(download.fetch(task, folder, null, false));
        assertEquals(3, requests.get());
    }

    @Test
    void failuresAreToldAndLeaveNothing() throws IOException {
        assertTrue(
                failure(
                                LatheException.class,
                                task(serve(exchange -> send(exchange, 404, "")), null, 2))
                        .contains("404"));
        assertEquals(1, requests.get(), "what is not there will not come");
    }

    @Test
    void anotherChecksumIsRefused() throws IOException {
        Task task = task(serve(exchange -> send(exchange, 200, ROWS)), SHA256, 2);
        assertTrue(failure(DataException.class, task).contains(SHA256));
    }

    @Test
    void anotherNumberOfQuestionsIsRefused() throws IOException {
        Task task = task(serve(exchange -> send(exchange, 200, ROWS)), null, 3);
        assertTrue(failure(DataException.class, task).contains("3 questions, not 2"));
    }

    @Test
    void anErrorPageIsNoData() throws IOException {
        Task task = task(serve(exchange -> send(exchange, 200, "<html>sorry</html>")), null, 2);
        assertTrue(failure(DataException.class, task).contains("not JSON"));
    }

    @Test
    void aServerThatStallsInTheMiddleIsGivenUp() throws IOException {
        Task task =
                task(
                        serve(
                                exchange -> {
                                    exchange.sendResponseHeaders(200, 1000);
                                    exchange.getResponseBody()
                                            .write(ROWS.getBytes(StandardCharsets.UTF_8));
                                    exchange.getResponseBody().flush();
                                    Thread.sleep(60_000);
                                }),
                        null,
                        2);
        long start = System.nanoTime();
        assertTrue(failure(LatheException.class, task).contains("within 2 s"));
        assertTrue(System.nanoTime() - start < 30e9, "three attempts of two seconds");
    }

    @Test
    void nobodyThere() throws IOException {
        server.stop(0);
        Task task =
                task(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/x"),
                        null,
                        2);
        assertTrue(failure(LatheException.class, task).contains("3 attempts"));
    }
}
