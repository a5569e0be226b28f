package dev.lathe.eval.run;

import dev.lathe.LatheException;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.task.Question;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Asks models the questions of a run: as many at once as the engine takes, the first sample of all
 * questions before the second. What is answered already is not asked again; what failed is.
 */
public final class EvaluationRun {
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
                Asking asking = new Asking(model, log, kept);
                new RequestQueue(running, retries).ask(asking);
                return new Summary(kept, asking.answered.get(), asking.failed.get());
            }
        }
    }

    /** One model being asked. */
    private final class Asking implements RequestQueue.Work {
        private final ModelDescription model;
        private final AnswerLog log;
        private final int kept;
        private final QuestionIndex index = folder.index();
        private final AtomicInteger answered = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();

        Asking(ModelDescription model, AnswerLog log, int kept) {
            this.model = model;
            this.log = log;
            this.kept = kept;
        }

        @Override
        public String name() {
            return model.name();
        }

        @Override
        public int slots() {
            return index.slots();
        }

        @Override
        public boolean done(int slot) {
            return log.has(logSlot(slot));
        }

        /** The queue takes the first sample of all questions before the second. */
        private int logSlot(int slot) {
            int questions = index.questions().size();
            return index.slot(slot % questions, slot / questions);
        }

        private AnswerKey key(int slot) {
            int questions = index.questions().size();
            Question question = index.questions().get(slot % questions);
            return new AnswerKey(question.task(), question.index(), slot / questions);
        }

        @Override
        public GenerationRequest request(int slot) {
            RunSettings settings = folder.settings();
            Question question = index.questions().get(slot % index.questions().size());
            String opening =
                    settings.style() == PromptStyle.RAW
                            ? question.opening()
                            : question.opening().stripLeading();
            return new GenerationRequest(
                    question.message(),
                    opening,
                    settings.style(),
                    settings.sampling(),
                    settings.seed(key(slot)),
                    settings.maximumTokens());
        }

        @Override
        public void answered(
                int slot, GenerationRequest request, Generation generation, int attempts) {
            answered.incrementAndGet();
            add(AnswerRecord.of(key(slot), request.seed(), attempts, generation));
        }

        @Override
        public void failed(int slot, GenerationRequest request, String reason, int attempts) {
            failed.incrementAndGet();
            add(AnswerRecord.failure(key(slot), request.seed(), attempts, reason));
        }

        private void add(AnswerRecord answer) {
            log.add(answer);
            listener.answered(answer, kept + answered.get() + failed.get(), slots());
        }

        @Override
        public void retrying(int slot, int attempt, String reason) {
            listener.retrying(key(slot), attempt, reason);
        }
    }
}
