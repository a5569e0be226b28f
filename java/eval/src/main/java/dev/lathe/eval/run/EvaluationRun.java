package dev.lathe.eval.run;

import dev.lathe.LatheException;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.task.Question;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Asks models the questions of a run: as many at once as the engine takes, the first sample of all
 * questions before the second. What is answered already is not asked again; what failed is.
 */
public final class EvaluationRun {
    /** An engine that fails so often in a row, and at as many questions as run at once, is down. */
    private static final int FAILURES_IN_A_ROW = 8;

    private final RunFolder folder;
    private final RetryPolicy retries;
    private final RunListener listener;

    /**
     * Creates a run.
     *
     * @param folder where questions are and answers go
     * @param retries what to do when the engine fails
     * @param listener hears of progress
     */
    public EvaluationRun(RunFolder folder, RetryPolicy retries, RunListener listener) {
        this.folder = folder;
        this.retries = retries;
        this.listener = listener;
    }

    /**
     * What asking one model came to.
     *
     * @param kept answers that earlier runs had
     * @param answered answers of this run
     * @param failed requests that failed after all attempts
     */
    public record Summary(int kept, int answered, int failed) {}

    /**
     * Asks one model.
     *
     * @param model the model, its engine empty
     * @param fingerprint of its files, or null for a server's
     * @param engine starts what runs it; not called where nothing is left to ask
     * @return what it came to
     * @throws LatheException if the engine cannot start, or fails again and again; what is answered
     *     is kept
     */
    public Summary ask(ModelDescription model, String fingerprint, Supplier<Engine> engine) {
        ModelFolder place = folder.model(model, fingerprint);
        try (AnswerLog log = AnswerLog.append(place.answers(), folder.index())) {
            int kept = log.answered();
            if (kept == folder.index().slots()) {
                return new Summary(kept, 0, 0);
            }
            try (Engine running = engine.get()) {
                place.engine(running.description());
                Asking asking = new Asking(model, running, log, kept);
                asking.run();
                return new Summary(kept, asking.answered.get(), asking.failed.get());
            }
        }
    }

    /** One model being asked by several threads. */
    private final class Asking {
        private final ModelDescription model;
        private final Engine engine;
        private final AnswerLog log;
        private final int kept;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger answered = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        private final AtomicInteger failedInARow = new AtomicInteger();

        Asking(ModelDescription model, Engine engine, AnswerLog log, int kept) {
            this.model = model;
            this.engine = engine;
            this.log = log;
            this.kept = kept;
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
                        : new LatheException("asking " + model.name() + ": " + e.getCause(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LatheException("asking " + model.name() + " was interrupted", e);
            } finally {
                next.set(Integer.MAX_VALUE / 2);
                executor.shutdownNow();
            }
        }

        private void work() {
            QuestionIndex index = folder.index();
            int questions = index.questions().size();
            try {
                for (int i = next.getAndIncrement();
                        i < index.slots();
                        i = next.getAndIncrement()) {
                    int position = i % questions;
                    int sample = i / questions;
                    if (!log.has(index.slot(position, sample))) {
                        ask(index.questions().get(position), sample);
                    }
                }
            } catch (RuntimeException e) {
                next.set(Integer.MAX_VALUE / 2);
                throw e;
            }
        }

        private void ask(Question question, int sample) {
            AnswerKey key = new AnswerKey(question.task(), question.index(), sample);
            AnswerRecord answer = attempt(request(question, key), key);
            log.add(answer);
            (answer.failed() ? failed : answered).incrementAndGet();
            listener.answered(answer, kept + answered.get() + failed.get(), folder.index().slots());
            if (!answer.failed()) {
                failedInARow.set(0);
            } else if (failedInARow.incrementAndGet()
                    >= Math.max(FAILURES_IN_A_ROW, engine.concurrency())) {
                throw new LatheException(
                        model.name()
                                + ": the engine failed at "
                                + failedInARow.get()
                                + " questions in a row, the last time because "
                                + answer.failure()
                                + "; answers are kept, and the same command goes on from them");
            }
        }

        private GenerationRequest request(Question question, AnswerKey key) {
            RunSettings settings = folder.settings();
            String opening =
                    settings.style() == PromptStyle.RAW
                            ? question.opening()
                            : question.opening().stripLeading();
            return new GenerationRequest(
                    question.message(),
                    opening,
                    settings.style(),
                    settings.sampling(),
                    settings.seed(key),
                    settings.maximumTokens());
        }

        private AnswerRecord attempt(GenerationRequest request, AnswerKey key) {
            for (int attempt = 1; ; attempt++) {
                try {
                    Generation generation = checked(engine.generate(request));
                    return AnswerRecord.of(key, request.seed(), attempt, generation);
                } catch (EngineException e) {
                    if (attempt >= retries.attempts() || !e.retryable()) {
                        return AnswerRecord.failure(key, request.seed(), attempt, reason(e));
                    }
                    listener.retrying(key, attempt, reason(e));
                    pause(retries.delay(attempt, e.retryAfter()));
                }
            }
        }

        private void pause(Duration delay) {
            try {
                Thread.sleep(delay.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LatheException("asking " + model.name() + " was interrupted", e);
            }
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
