package dev.lathe.eval.run;

import dev.lathe.LatheException;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Puts many requests to an engine, as many at once as it takes. What fails is asked again; an
 * engine that fails again and again ends it.
 */
public final class RequestQueue {
    /** An engine that fails so often in a row, and at as many requests as run at once, is down. */
    private static final int FAILURES_IN_A_ROW = 8;

    private final Engine engine;
    private final RetryPolicy retries;

    /** What there is to ask. Its methods are called from several threads. */
    public interface Work {
        /**
         * Who is asked, for messages.
         *
         * @return the model's name
         */
        String name();

        /**
         * The number of requests.
         *
         * @return those that are done included
         */
        int slots();

        /**
         * Whether a request need not be made.
         *
         * @param slot from 0
         * @return true where it is done
         */
        boolean done(int slot);

        /**
         * Makes a request.
         *
         * @param slot from 0
         * @return what to ask
         */
        GenerationRequest request(int slot);

        /**
         * Takes an answer.
         *
         * @param slot from 0
         * @param request what was asked
         * @param generation what was said
         * @param attempts how often the engine was asked
         */
        void answered(int slot, GenerationRequest request, Generation generation, int attempts);

        /**
         * Takes note of a failure after the last attempt.
         *
         * @param slot from 0
         * @param request what was asked
         * @param reason why there is no answer
         * @param attempts how often the engine was asked
         */
        void failed(int slot, GenerationRequest request, String reason, int attempts);

        /**
         * Hears that an attempt failed and will be made again.
         *
         * @param slot from 0
         * @param attempt which attempt, from 1
         * @param reason why it failed
         */
        void retrying(int slot, int attempt, String reason);
    }

    /**
     * Creates a queue.
     *
     * @param engine whom to ask
     * @param retries what to do when it fails
     */
    public RequestQueue(Engine engine, RetryPolicy retries) {
        this.engine = engine;
        this.retries = retries;
    }

    /**
     * Asks all that is not done.
     *
     * @param work the requests
     * @throws LatheException if the engine fails again and again, or the thread is interrupted
     */
    public void ask(Work work) {
        new Asking(work).run();
    }

    /** Requests being put by several threads. */
    private final class Asking {
        private final Work work;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger failedInARow = new AtomicInteger();

        Asking(Work work) {
            this.work = work;
        }

        void run() {
            int threads = Math.max(1, engine.concurrency());
            ExecutorService executor = Executors.newFixedThreadPool(threads);
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                workers.add(executor.submit(this::work));
            }
            try {
                for (Future<?> worker : workers) {
                    worker.get();
                }
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException cause
                        ? cause
                        : new LatheException("asking " + work.name() + ": " + e.getCause(), e);
            } catch (InterruptedException e) {
                throw interrupted(e);
            } finally {
                end();
                executor.shutdownNow();
            }
        }

        private void end() {
            next.set(Integer.MAX_VALUE / 2);
        }

        private void work() {
            try {
                int slots = work.slots();
                for (int i = next.getAndIncrement(); i < slots; i = next.getAndIncrement()) {
                    if (!work.done(i)) {
                        ask(i, work.request(i));
                    }
                }
            } catch (RuntimeException e) {
                end();
                throw e;
            }
        }

        private void ask(int slot, GenerationRequest request) {
            for (int attempt = 1; ; attempt++) {
                Generation generation;
                try {
                    generation = checked(engine.generate(request));
                } catch (EngineException e) {
                    if (attempt >= retries.attempts() || !e.retryable()) {
                        work.failed(slot, request, reason(e), attempt);
                        countFailure(reason(e));
                        return;
                    }
                    work.retrying(slot, attempt, reason(e));
                    pause(retries.delay(attempt, e.retryAfter()));
                    continue;
                }
                work.answered(slot, request, generation, attempt);
                failedInARow.set(0);
                return;
            }
        }

        private void countFailure(String reason) {
            int failures = failedInARow.incrementAndGet();
            if (failures >= Math.max(FAILURES_IN_A_ROW, engine.concurrency())) {
                throw new LatheException(
                        work.name()
                                + ": the engine failed at "
                                + failures
                                + " questions in a row, the last time because "
                                + reason
                                + "; answers are kept, and the same command goes on from them");
            }
        }

        private void pause(Duration delay) {
            try {
                Thread.sleep(delay.toMillis());
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }

        private LatheException interrupted(InterruptedException e) {
            Thread.currentThread().interrupt();
            return new LatheException("asking " + work.name() + " was interrupted", e);
        }
    }

    private static Generation checked(Generation generation) {
        boolean sound =
                generation != null
                        && generation.output() != null
                        && generation.stop() != null
                        && generation.thinkingTokens() >= 0
                        && generation.answerTokens() >= 0
                        && generation.seconds() >= 0;
        if (!sound) {
            throw new EngineException(
                    EngineException.Kind.RUBBISH, "not a generation: " + generation);
        }
        return generation;
    }

    private static String reason(EngineException e) {
        return e.kind().name().toLowerCase(Locale.ROOT) + ": " + e.getMessage();
    }
}
