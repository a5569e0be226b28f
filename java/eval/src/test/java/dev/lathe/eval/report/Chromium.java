package dev.lathe.eval.report;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A headless Chromium with one tab, driven over its DevTools protocol. */
final class Chromium implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int SECONDS = 180;

    private final Path profile;
    private final Process process;
    private final WebSocket socket;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger loads = new AtomicInteger();
    private String session;

    private Chromium(Path profile, Process process, WebSocket socket) {
        this.profile = profile;
        this.process = process;
        this.socket = socket;
    }

    /** The browser of LATHE_CHROMIUM or of the path; tests that lack it are skipped. */
    static Chromium start() throws Exception {
        Optional<Path> program = program();
        assumeTrue(
                program.isPresent(),
                "skipped: no chromium on the path, and LATHE_CHROMIUM names none");
        Path profile = Files.createTempDirectory("lathe-chromium");
        Process process =
                new ProcessBuilder(
                                program.get().toString(),
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-dev-shm-usage",
                                "--disable-background-networking",
                                "--no-first-run",
                                "--hide-scrollbars",
                                "--remote-debugging-port=0",
                                "--user-data-dir=" + profile,
                                "about:blank")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            Listener listener = new Listener();
            WebSocket socket =
                    HttpClient.newHttpClient()
                            .newWebSocketBuilder()
                            .buildAsync(address(profile, process), listener)
                            .get(SECONDS, TimeUnit.SECONDS);
            Chromium chromium = new Chromium(profile, process, socket);
            listener.chromium.complete(chromium);
            chromium.openTab();
            return chromium;
        } catch (Exception e) {
            stop(process, profile);
            throw e;
        }
    }

    private static Optional<Path> program() {
        String named = System.getenv("LATHE_CHROMIUM");
        Stream<Path> candidates =
                named != null
                        ? Stream.of(Path.of(named))
                        : Stream.of(System.getenv("PATH").split(File.pathSeparator))
                                .map(folder -> Path.of(folder, "chromium"));
        return candidates.filter(Files::isExecutable).findFirst();
    }

    private static URI address(Path profile, Process process) throws Exception {
        Path file = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (System.nanoTime() < end && process.isAlive()) {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            if (lines.size() > 1) {
                return URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1));
            }
            Thread.sleep(50);
        }
        throw new IOException("Chromium did not start");
    }

    private void openTab() throws Exception {
        String target =
                call("Target.createTarget", Map.of("url", "about:blank")).path("targetId").asText();
        session =
                call("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                        .path("sessionId")
                        .asText();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
    }

    /** Opens a file and waits until it is loaded. */
    void open(Path file) throws Exception {
        int before = loads.get();
        complaints.clear();
        requests.clear();
        call("Page.navigate", Map.of("url", file.toUri().toString()));
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (loads.get() == before) {
            if (System.nanoTime() > end) {
                throw new IOException("the page did not load: " + complaints);
            }
            Thread.sleep(20);
        }
        settle();
    }

    /** Lets the page draw. */
    void settle() throws Exception {
        evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))");
    }

    /** Sets the size of the window in CSS pixels, and what the system prefers. */
    void look(int width, int height, boolean dark) throws Exception {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of(
                        "width",
                        width,
                        "height",
                        height,
                        "deviceScaleFactor",
                        1,
                        "mobile",
                        width < 600));
        String scheme = dark ? "dark" : "light";
        call(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        settle();
    }

    /** The value of an expression, awaited if it is a promise. */
    JsonNode evaluate(String expression) throws Exception {
        JsonNode answer =
                call(
                        "Runtime.evaluate",
                        Map.of(
                                "expression",
                                expression,
                                "awaitPromise",
                                true,
                                "returnByValue",
                                true));
        if (answer.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + answer.path("exceptionDetails"));
        }
        return answer.path("result").path("value");
    }

    /** Clicks with the mouse into the middle of the first element of a selector. */
    void click(String selector) throws Exception {
        JsonNode box =
                evaluate(
                        "(() => { const e = document.querySelector("
                                + MAPPER.writeValueAsString(selector)
                                + "); e.scrollIntoView({block: 'center', behavior: 'instant'});"
                                + " const b = e.getBoundingClientRect();"
                                + " return [b.x + b.width / 2, b.y + b.height / 2]; })()");
        for (String type : List.of("mousePressed", "mouseReleased")) {
            call(
                    "Input.dispatchMouseEvent",
                    Map.of(
                            "type",
                            type,
                            "x",
                            box.get(0).asDouble(),
                            "y",
                            box.get(1).asDouble(),
                            "button",
                            "left",
                            "clickCount",
                            1));
        }
        settle();
    }

    /** Chooses an option of a select as a reader does: focus, then keys. */
    void choose(String selector, String option) throws Exception {
        evaluate("document.querySelector('" + selector + "').focus()");
        for (char character : option.toCharArray()) {
            call("Input.dispatchKeyEvent", Map.of("type", "char", "text", "" + character));
        }
        settle();
        String chosen = "document.querySelector('" + selector + "').selectedOptions[0].text";
        if (!evaluate(chosen).asText().startsWith(option)) {
            throw new AssertionError("chose " + evaluate(chosen) + " for " + option);
        }
    }

    /** Types into the element that has the focus. */
    void type(String selector, String text) throws Exception {
        evaluate("document.querySelector('" + selector + "').focus()");
        call("Input.insertText", Map.of("text", text));
        settle();
    }

    /** Errors, warnings, dialogs and violations of the page's policy since it was opened. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Addresses other than the page's own that were asked for since it was opened. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    /** A picture of the window, or of the whole page. */
    byte[] screenshot(boolean whole) throws Exception {
        return call(
                        "Page.captureScreenshot",
                        Map.of("format", "png", "captureBeyondViewport", whole))
                .path("data")
                .binaryValue();
    }

    private JsonNode call(String method, Map<String, ?> parameters) throws Exception {
        int id = calls.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        pending.put(id, answer);
        ObjectNode message = MAPPER.createObjectNode().put("id", id).put("method", method);
        message.set("params", MAPPER.valueToTree(parameters));
        if (session != null) {
            message.put("sessionId", session);
        }
        socket.sendText(MAPPER.writeValueAsString(message), true).get(SECONDS, TimeUnit.SECONDS);
        JsonNode response = answer.get(SECONDS, TimeUnit.SECONDS);
        if (response.has("error")) {
            throw new IOException(method + ": " + response.path("error"));
        }
        return response.path("result");
    }

    private void receive(JsonNode message) {
        if (message.has("id")) {
            pending.remove(message.path("id").asInt()).complete(message);
            return;
        }
        JsonNode parameters = message.path("params");
        switch (message.path("method").asText()) {
            case "Page.loadEventFired" -> loads.incrementAndGet();
            case "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening" ->
                    complaints.add(parameters.toString());
            case "Runtime.consoleAPICalled" -> {
                if (!parameters.path("type").asText().equals("log")) {
                    complaints.add(parameters.toString());
                }
            }
            case "Network.requestWillBeSent" -> {
                if (!parameters.path("type").asText().equals("Document")) {
                    requests.add(parameters.path("request").path("url").asText());
                }
            }
            default -> {
                // Other events say nothing that tests ask for.
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.abort();
        stop(process, profile);
    }

    private static void stop(Process process, Path profile) throws IOException {
        List<ProcessHandle> all =
                Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(one -> one.onExit().orTimeout(SECONDS, TimeUnit.SECONDS).join());
        try (Stream<Path> files = Files.walk(profile)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static final class Listener implements WebSocket.Listener {
        private final CompletableFuture<Chromium> chromium = new CompletableFuture<>();
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                String message = text.toString();
                text.setLength(0);
                try {
                    JsonNode tree = MAPPER.readTree(message);
                    chromium.thenAccept(browser -> browser.receive(tree));
                } catch (IOException e) {
                    throw new IllegalStateException(message, e);
                }
            }
            socket.request(1);
            return null;
        }
    }
}
