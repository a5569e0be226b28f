package dev.lathe.eval.engines.server;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Okio;

/** Stands between client and network: ends requests that stall and answers that are endless. */
final class Guard implements Interceptor, AutoCloseable {
    private static final long CHECKS_PER_STALL = 8;
    private static final String EVENTS = "event-stream";

    private final ThreadLocal<Progress> current = new ThreadLocal<>();
    private final Set<Progress> running = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(
                    task -> {
                        Thread thread = new Thread(task, "lathe-server-guard");
                        thread.setDaemon(true);
                        return thread;
                    });

    Guard(Duration stall) {
        long interval = Math.max(1, stall.toMillis() / CHECKS_PER_STALL);
        clock.scheduleWithFixedDelay(
                () -> running.forEach(Progress::check), interval, interval, TimeUnit.MILLISECONDS);
    }

    /** Does what calls the server in this thread, under watch. */
    <T> T watch(Progress progress, Supplier<T> work) {
        current.set(progress);
        running.add(progress);
        try {
            return work.get();
        } finally {
            running.remove(progress);
            current.remove();
        }
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Progress progress = current.get();
        if (progress == null) {
            return chain.proceed(chain.request());
        }
        progress.calls(chain.call());
        Response response = chain.proceed(chain.request());
        ResponseBody body = response.body();
        if (body == null) {
            return response;
        }
        MediaType type = body.contentType();
        if (response.isSuccessful() && progress.streams() && !isEvents(type)) {
            response.close();
            throw new RubbishException("the server answers with " + shown(type) + ", not events");
        }
        ForwardingSource limited =
                new ForwardingSource(body.source()) {
                    private long bytes;

                    @Override
                    public long read(Buffer sink, long most) throws IOException {
                        long read = super.read(sink, most);
                        bytes += Math.max(0, read);
                        if (bytes > progress.mostBytes()) {
                            throw new RubbishException(
                                    "the answer is longer than " + progress.mostBytes() + " bytes");
                        }
                        return read;
                    }
                };
        return response.newBuilder()
                .body(ResponseBody.create(Okio.buffer(limited), type, body.contentLength()))
                .build();
    }

    private static boolean isEvents(MediaType type) {
        return type != null && type.subtype().toLowerCase(Locale.ROOT).equals(EVENTS);
    }

    private static String shown(MediaType type) {
        return type == null ? "no content type" : type.type() + "/" + type.subtype();
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
