package dev.lathe.eval.task;

import dev.lathe.DataException;
import dev.lathe.LatheException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Fetches the data of tasks from their public sources. A file appears only when its checksum, or
 * where there is none its number of questions, is right.
 */
public final class TaskDownload {
    private static final int ATTEMPTS = 3;
    private static final int LARGEST = 64 << 20;

    private final Duration limit;
    private final Duration pause;
    private final HttpClient client;

    /**
     * Creates a download.
     *
     * @param limit how long one file may take
     * @param pause wait before a second attempt; twice as long before a third
     */
    public TaskDownload(Duration limit, Duration pause) {
        this.limit = limit;
        this.pause = pause;
        this.client =
                HttpClient.newBuilder()
                        .followRedirects(HttpClient.Redirect.NORMAL)
                        .connectTimeout(limit)
                        .build();
    }

    /**
     * Fetches the data of a task, unless it is there.
     *
     * @param task the task
     * @param folder where to; made if it is not there
     * @param mirror address of a folder that holds the file instead, or null
     * @param replace whether to fetch it though it is there
     * @return whether it was fetched
     * @throws LatheException if it cannot be fetched
     * @throws DataException if what came is not the data, or what is there is broken
     */
    public boolean fetch(Task task, Path folder, URI mirror, boolean replace) {
        TaskSource source = task.source();
        Path file = folder.resolve(source.file());
        if (!replace && Files.exists(file)) {
            try {
                check(task, file, file);
            } catch (DataException e) {
                throw new DataException(e.getMessage() + "; --replace fetches it anew", e);
            }
            return false;
        }
        URI address = mirror == null ? source.uri() : below(mirror, source.file());
        try {
            Files.createDirectories(folder);
            Path partial = Files.createTempFile(folder, source.file() + ".", ".part");
            try {
                download(address, partial);
                checksum(source, partial, address);
                check(task, partial, file);
                Files.move(
                        partial,
                        file,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(partial);
            }
        } catch (IOException e) {
            throw new LatheException(file + ": cannot be written: " + e.getMessage(), e);
        }
        return true;
    }

    private static URI below(URI folder, String file) {
        String text = folder.toString();
        return URI.create(text + (text.endsWith("/") ? "" : "/") + file);
    }

    private void download(URI address, Path to) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                Files.write(to, get(address));
                return;
            } catch (TransientException e) {
                if (attempt == ATTEMPTS) {
                    throw new LatheException(
                            address + ": " + e.getMessage() + " (" + ATTEMPTS + " attempts)", e);
                }
                sleep(pause.multipliedBy(attempt));
            }
        }
    }

    /** Something that may go better the next time. */
    private static final class TransientException extends Exception {
        private static final long serialVersionUID = 1L;

        TransientException(String message) {
            super(message);
        }
    }

    private byte[] get(URI address) throws TransientException {
        HttpRequest request =
                HttpRequest.newBuilder(address)
                        .header("User-Agent", "lathe")
                        .timeout(limit)
                        .build();
        // The request's own limit ends with the headers; this one holds for the whole body.
        CompletableFuture<byte[]> body =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())
                        .thenApplyAsync(TaskDownload::body);
        try {
            return body.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            body.cancel(true);
            throw late();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LatheException(address + ": interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof LatheException failure) {
                throw failure;
            }
            throw e.getCause() instanceof HttpTimeoutException
                    ? late()
                    : new TransientException(String.valueOf(e.getCause()));
        }
    }

    private TransientException late() {
        return new TransientException("no answer within " + limit.toSeconds() + " s");
    }

    private static byte[] body(HttpResponse<InputStream> response) {
        int status = response.statusCode();
        if (status >= 500 || status == 429) {
            throw new IllegalStateException("status " + status);
        }
        if (status != 200) {
            throw new LatheException(response.uri() + ": status " + status);
        }
        try (InputStream in = response.body()) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new DataException(response.uri() + ": is larger than " + LARGEST + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void checksum(TaskSource source, Path file, URI address) throws IOException {
        if (source.sha256() == null) {
            return;
        }
        String found = HexFormat.of().formatHex(sha256().digest(Files.readAllBytes(file)));
        if (!found.equals(source.sha256())) {
            throw new DataException(
                    address + ": SHA-256 must be " + source.sha256() + ", not " + found);
        }
    }

    private static void check(Task task, Path file, Path name) {
        int rows = task.questions(file).size();
        if (rows != task.source().rows()) {
            throw new DataException(
                    name + ": must hold " + task.source().rows() + " questions, not " + rows);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void sleep(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LatheException("interrupted", e);
        }
    }
}
