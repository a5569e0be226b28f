package dev.lathe.eval.engines.embedded;

import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineException.Kind;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A child with a loaded model, seen from the parent. When it dies, all its requests fail; it is not
 * started again.
 */
final class LlamaProcess implements AutoCloseable {
    private static final long CHECK_MILLISECONDS = 500;
    private static final Duration END = Duration.ofSeconds(5);

    /** A large file may come from a slow disk, page by page and without a word. */
    private static final Duration LOAD = Duration.ofMinutes(10);

    /** Statuses of a process that gave itself up (SIGABRT, SIGSEGV), as shells count them. */
    private static final Set<Integer> ABORTED = Set.of(134, 139);

    private final ChildSettings settings;
    private final PrivateFolder folder;
    private final Process process;
    private final LineWriter child;
    private final ChildLog log;
    private final Thread logReader;
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private volatile EngineException death;
    private volatile long lastSign = System.nanoTime();

    private LlamaProcess(ChildSettings settings, PrivateFolder folder, Process process) {
        this.settings = settings;
        this.folder = folder;
        this.process = process;
        this.child = new LineWriter(process.getOutputStream());
        this.log = new ChildLog(process.getInputStream(), this::signOfLife);
        this.logReader = daemon("lathe-llama-log", log);
    }

    /**
     * Starts a child and waits until its model is loaded.
     *
     * @throws EngineException if it cannot be started, or if llama.cpp cannot use the file
     */
    static LlamaProcess start(ChildSettings settings) {
        LlamaProcess started = null;
        boolean usable = false;
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            PrivateFolder folder = PrivateFolder.create();
            server.bind(UnixDomainSocketAddress.of(folder.socket()));
            Process process =
                    new ProcessBuilder(ChildCommand.in(folder))
                            .redirectErrorStream(true)
                            .directory(folder.path().toFile())
                            .start();
            started = new LlamaProcess(settings, folder, process);
            started.connect(server);
            started.await(started.ready, LOAD);
            usable = true;
            return started;
        } catch (IOException e) {
            throw new EngineException(
                    Kind.UNREACHABLE,
                    "the embedded llama.cpp cannot be started: " + e.getMessage(),
                    e);
        } finally {
            if (started != null && !usable) {
                started.close();
            }
        }
    }

    private void connect(ServerSocketChannel server) throws IOException {
        // A child that dies before it connects must not be waited for.
        process.onExit().thenRun(() -> closeQuietly(server));
        daemon("lathe-llama-events", () -> readEvents(server));
        child.write(settings);
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void closeQuietly(ServerSocketChannel server) {
        try {
            server.close();
        } catch (IOException e) {
            // Nothing is lost.
        }
    }

    private void signOfLife() {
        lastSign = System.nanoTime();
    }

    private void readEvents(ServerSocketChannel server) {
        EngineException why;
        try (SocketChannel socket = server.accept();
                LineReader events = new LineReader(Channels.newInputStream(socket))) {
            ChildEvent event = events.read(ChildEvent.class);
            while (event != null) {
                signOfLife();
                accept(event);
                event = events.read(ChildEvent.class);
            }
            why = ended();
        } catch (ClosedChannelException e) {
            why = ended();
        } catch (IOException e) {
            String message = "the embedded llama.cpp: " + e.getMessage();
            why = new EngineException(Kind.UNREACHABLE, message, e);
        }
        die(why);
    }

    private void accept(ChildEvent event) {
        switch (event.kind()) {
            case READY -> ready.complete(null);
            case UNUSABLE -> die(unusable(event.message()));
            default -> {
                Pending request = pending.get(event.id());
                if (request != null) {
                    request.accept(event);
                }
            }
        }
    }

    private EngineException unusable(String message) {
        return new EngineException(
                Kind.REFUSED,
                String.format(
                        "%s: the embedded llama.cpp (%s) cannot load it: %s; run it in a newer"
                                + " llama-server or in vLLM and give that server's address as"
                                + " --engine",
                        settings.model(), EmbeddedEngine.VERSION, lastWords(message)));
    }

    private EngineException ended() {
        String how = "its process ended";
        boolean aborted = false;
        try {
            if (process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
                how += " with status " + process.exitValue();
                aborted = ABORTED.contains(process.exitValue());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (aborted && !ready.isDone()) {
            return unusable(how);
        }
        String message = "the embedded llama.cpp is gone: " + how + "; " + lastWords("");
        return new EngineException(Kind.UNREACHABLE, message);
    }

    /** What the ended or to be ended child printed about its reason. */
    private String lastWords(String otherwise) {
        process.destroyForcibly();
        try {
            logReader.join(END.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return log.reason().orElse(otherwise);
    }

    /** Fails all requests and ends the process; the first reason stays. */
    private void die(EngineException why) {
        synchronized (this) {
            if (death != null) {
                return;
            }
            death = why;
        }
        ready.completeExceptionally(why);
        pending.values().forEach(request -> request.fail(why));
        process.destroyForcibly();
    }

    /** Whether it can be asked. */
    boolean alive() {
        return death == null && process.isAlive();
    }

    /** Its process, for tests. */
    ProcessHandle handle() {
        return process.toHandle();
    }

    /**
     * Asks, and waits for the whole answer.
     *
     * @param request its id is replaced
     * @param stall how long the child may say nothing
     * @throws EngineException if it refuses, dies or stalls
     */
    Pending ask(ChildRequest request, Duration stall) {
        long id = ids.incrementAndGet();
        Pending answer = new Pending();
        pending.put(id, answer);
        try {
            signOfLife();
            child.write(request.withId(id));
            if (death != null) {
                answer.fail(death);
            }
            return await(answer.end(), stall);
        } catch (IOException e) {
            String message = "the embedded llama.cpp cannot be asked: " + e.getMessage();
            throw new EngineException(Kind.UNREACHABLE, message, e);
        } finally {
            if (!answer.end().isDone()) {
                cancel(id);
            }
            pending.remove(id);
        }
    }

    private void cancel(long id) {
        try {
            child.write(ChildRequest.cancel(id));
        } catch (IOException e) {
            // It is gone, and the request with it.
        }
    }

    private <T> T await(CompletableFuture<T> future, Duration stall) {
        while (true) {
            try {
                return future.get(CHECK_MILLISECONDS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (System.nanoTime() - lastSign > stall.toNanos()) {
                    die(
                            new EngineException(
                                    Kind.STALLED,
                                    "the embedded llama.cpp made no progress for "
                                            + stall.toSeconds()
                                            + " s"));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new EngineException(Kind.UNREACHABLE, "interrupted", e);
            } catch (ExecutionException e) {
                EngineException cause = (EngineException) e.getCause();
                throw new EngineException(cause.kind(), cause.getMessage(), cause);
            }
        }
    }

    /** Ends the child; requests under way fail. */
    @Override
    public void close() {
        die(new EngineException(Kind.UNREACHABLE, "the embedded engine is closed"));
        try {
            if (process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
                folder.delete();
            }
        } catch (IOException e) {
            // The folder is temporary; what cannot be deleted is left to the system.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
