package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lathe.eval.SharedData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code lathe pull-tasks} from a server of ours, sound and otherwise. */
class PullTasksCommandTest {
    private static final int AIME_QUESTIONS = 30;

    @TempDir Path folder;
    private Path data;
    private HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger requests = new AtomicInteger();

    @FunctionalInterface
    private interface Handler {
        void handle(HttpExchange exchange) throws IOException, InterruptedException;
    }

    @BeforeEach
    void start() throws IOException {
        data = folder.resolve("data");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void serve(Handler handler) {
        server.createContext(
                "/",
                exchange -> {
                    requests.incrementAndGet();
                    try (exchange) {
                        handler.handle(exchange);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private Object[] pull(Object... more) {
        String mirror = "http://127.0.0.1:" + server.getAddress().getPort() + "/tasks";
        List<Object> command = new ArrayList<>(List.of("pull-tasks", "--mirror", mirror));
        command.addAll(List.of("-o", data));
        command.addAll(List.of(more));
        return command.toArray();
    }

    /** A page of a data-set viewer, as AIME's source sends it. */
    private static byte[] aime(int questions) {
        ObjectNode page = new ObjectMapper().createObjectNode();
        var rows = page.putArray("rows");
        for (int i = 0; i < questions; i++) {
            rows.addObject()
                    .putObject("row")
                    .put("ID", "2024-I-" + i)
                    .put("Problem", "What is " + i + "?")
                    .put("Answer", i);
        }
        return page.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void whatIsThereIsCheckedAndNotFetchedAgain() throws IOException {
        serve(exchange -> send(exchange, 200, aime(AIME_QUESTIONS)));
        JsonNode pulled = CommandRun.quiet(pull("--tasks", "aime2024", "--json")).json();
        assertEquals(1, pulled.size());
        assertTrue(pulled.at("/0/fetched").asBoolean());
        assertEquals(AIME_QUESTIONS, pulled.at("/0/questions").asInt());
        Path file = Path.of(pulled.at("/0/file").asText());
        assertEquals(List.of(file), files());

        JsonNode again = CommandRun.quiet(pull("--tasks", "aime2024", "--json")).json();
        assertFalse(again.at("/0/fetched").asBoolean());
        assertEquals(1, requests.get());

        Files.writeString(file, "{\"half a row\": ");
        CommandRun broken = CommandRun.of(pull("--tasks", "aime2024"));
        assertEquals(Main.BAD_DATA, broken.status(), broken.err());
        assertTrue(broken.err().contains(file.toString()), broken.err());
        assertTrue(broken.err().contains("--replace"), broken.err());
        CommandRun replaced = CommandRun.quiet(pull("--tasks", "aime2024", "--replace"));
        assertTrue(replaced.out().contains("30 questions"), replaced.out());
        assertEquals(2, requests.get());
        assertEquals(List.of(file), files());
    }

    static Stream<Arguments> failures() {
        byte[] whole = aime(AIME_QUESTIONS);
        return Stream.of(
                failure("status 404", Main.FAILED, "404", exchange -> send(exchange, 404, whole)),
                failure("status 500", Main.FAILED, "500", exchange -> send(exchange, 500, whole)),
                failure(
                        "nothing",
                        Main.BAD_DATA,
                        "no rows",
                        exchange -> send(exchange, 200, none())),
                failure(
                        "a page",
                        Main.BAD_DATA,
                        "not JSON",
                        exchange -> send(exchange, 200, page())),
                failure("a list", Main.BAD_DATA, "row 0", exchange -> send(exchange, 200, list())),
                failure(
                        "fewer questions",
                        Main.BAD_DATA,
                        "30 questions, not 29",
                        exchange -> send(exchange, 200, aime(AIME_QUESTIONS - 1))),
                failure("an end too early", Main.FAILED, "3 attempts", exchange -> half(exchange)),
                failure(
                        "silence in the middle",
                        Main.FAILED,
                        "within 1 s",
                        exchange -> {
                            start(exchange);
                            Thread.sleep(60_000);
                        }),
                failure("silence", Main.FAILED, "within 1 s", exchange -> Thread.sleep(60_000)));
    }

    private static Arguments failure(String name, int status, String word, Handler handler) {
        return Arguments.of(name, status, word, handler);
    }

    private static byte[] none() {
        return new byte[0];
    }

    private static byte[] page() {
        return "<!doctype html><title>Please wait…</title>".getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] list() {
        return "[1, 2, 3]".getBytes(StandardCharsets.UTF_8);
    }

    /** Promises a whole file and sends half of it. */
    private static void start(HttpExchange exchange) throws IOException {
        byte[] whole = aime(AIME_QUESTIONS);
        exchange.sendResponseHeaders(200, whole.length);
        exchange.getResponseBody().write(whole, 0, whole.length / 2);
        exchange.getResponseBody().flush();
    }

    private static void half(HttpExchange exchange) throws IOException {
        start(exchange);
        throw new IOException("the connection ends here");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("failures")
    void whatFailsLeavesNothing(String name, int status, String word, Handler handler)
            throws IOException {
        serve(handler);
        CommandRun run = CommandRun.of(pull("--tasks", "aime2024", "--timeout", 1));
        assertEquals(status, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().contains(word), run.err());
        assertEquals("", run.out());
        assertEquals(List.of(), files());
    }

    @Test
    void anotherFileThanTheSourcesIsRefused() throws IOException {
        serve(exchange -> send(exchange, 200, aime(100)));
        for (String task : List.of("folio", "musique", "temporal-sequences")) {
            CommandRun run = CommandRun.of(pull("--tasks", task));
            assertEquals(Main.BAD_DATA, run.status(), run.err());
            assertTrue(run.err().contains("SHA-256"), run.err());
        }
        assertEquals(List.of(), files());
    }

    @Test
    void whatCameBeforeAFailureStays() throws IOException {
        serve(
                exchange -> {
                    boolean first = exchange.getRequestURI().getPath().contains("aime");
                    send(exchange, first ? 200 : 404, aime(AIME_QUESTIONS));
                });
        CommandRun run = CommandRun.of(pull());
        assertEquals(Main.FAILED, run.status(), run.err());
        assertEquals(List.of(data.resolve("aime2024.jsonl")), files());
    }

    /** With the real files, where they are at hand as their sources send them. */
    @Test
    void severalTasksComeFromAMirror() throws IOException {
        Path real = SharedData.path("aime2024.jsonl").getParent();
        serve(
                exchange -> {
                    String name = exchange.getRequestURI().getPath().replaceFirst(".*/", "");
                    send(exchange, 200, Files.readAllBytes(real.resolve(name)));
                });
        String tasks = "aime2024,folio,temporal-sequences";
        JsonNode pulled = CommandRun.quiet(pull("--tasks", tasks, "--json")).json();
        assertEquals(3, pulled.size());
        for (JsonNode each : pulled) {
            assertTrue(each.get("fetched").asBoolean(), each.toString());
            Path file = Path.of(each.get("file").asText());
            assertEquals(-1, Files.mismatch(real.resolve(file.getFileName()), file));
        }
        assertEquals(3, files().size());
    }

    /** What pull-tasks fetched is where other commands look for it. */
    @Test
    void theUsualFolderIsBelowTheCache() throws IOException {
        serve(exchange -> send(exchange, 200, aime(AIME_QUESTIONS)));
        Path logs = Files.createDirectory(folder.resolve("logs"));
        Path outputs =
                Files.writeString(
                        folder.resolve("outputs.jsonl"),
                        "{\"index\": 5, \"output\": \"The answer is \\\\boxed{5}.\"}\n");
        List<Object[]> commands = new ArrayList<>();
        Object[] pull = pull("--tasks", "aime2024");
        commands.add(Stream.of(pull).filter(word -> !word.equals("-o") && word != data).toArray());
        commands.add(new Object[] {"score", "--task", "aime2024", "--outputs", outputs});
        for (Object[] command : commands) {
            List<String> words = new ArrayList<>(List.of("env", "XDG_CACHE_HOME=" + folder));
            words.addAll(CommandProcess.words(command));
            CommandRun run = CommandProcess.startWords(logs, words).end();
            assertEquals(0, run.status(), run.err());
        }
        assertTrue(Files.exists(folder.resolve("lathe/tasks/aime2024.jsonl")));
    }

    private List<Path> files() throws IOException {
        if (!Files.exists(data)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(data)) {
            return files.toList();
        }
    }
}
