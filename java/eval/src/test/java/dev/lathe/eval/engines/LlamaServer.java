package dev.lathe.eval.engines;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** llama-server of the llama.cpp that LATHE_LLAMA_CPP names, with one model. */
final class LlamaServer implements AutoCloseable {
    private static final long PATIENCE_MILLISECONDS = 120_000;

    private final Process process;
    private final URI address;

    private LlamaServer(Process process, URI address) {
        this.process = process;
        this.address = address;
    }

    /** The folder of its programs; the test is skipped where it is absent. */
    static Path programs() {
        assumeTrue(isThere(), "LATHE_LLAMA_CPP names no folder with build/bin/llama-server");
        return Path.of(System.getenv("LATHE_LLAMA_CPP"), "build", "bin");
    }

    /** Whether there is one. */
    static boolean isThere() {
        String folder = System.getenv("LATHE_LLAMA_CPP");
        return folder != null
                && Files.isExecutable(Path.of(folder, "build", "bin", "llama-server"));
    }

    /** Starts it with one slot and waits until it is ready. */
    static LlamaServer start(Path model, int context, Path log)
            throws IOException, InterruptedException {
        Path programs = programs();
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        ProcessBuilder command =
                new ProcessBuilder(
                        programs.resolve("llama-server").toString(),
                        "--model",
                        model.toString(),
                        "--port",
                        Integer.toString(port),
                        "--ctx-size",
                        Integer.toString(context),
                        "--parallel",
                        "1",
                        "--threads",
                        "1");
        command.environment().put("LD_LIBRARY_PATH", programs.toString());
        Process process = command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        LlamaServer server =
                new LlamaServer(process, URI.create("http://127.0.0.1:" + port + "/v1"));
        long end = System.currentTimeMillis() + PATIENCE_MILLISECONDS;
        while (!server.healthy()) {
            assertTrue(
                    process.isAlive() && System.currentTimeMillis() < end,
                    () -> "llama-server does not start, see " + log);
            Thread.sleep(100);
        }
        return server;
    }

    private boolean healthy() {
        try {
            HttpURLConnection asked =
                    (HttpURLConnection) address.resolve("/health").toURL().openConnection();
            asked.setReadTimeout(1000);
            return asked.getResponseCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    URI address() {
        return address;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
