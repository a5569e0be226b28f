package dev.lathe.eval.traces;

import dev.lathe.DataException;
import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.eval.run.LineLog;
import dev.lathe.eval.run.RequestQueue;
import dev.lathe.eval.run.RetryPolicy;
import dev.lathe.eval.run.Seeds;
import dev.lathe.tokenizer.Message;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.function.Supplier;

/**
 * Makes traces: asks a model prompts, and writes each conversation as one line as soon as it is
 * there. What the file holds already is not asked again; what failed has no line, and is.
 */
public final class TraceRun {
    private final List<List<Message>> prompts;
    private final int samples;
    private final TraceSettings settings;
    private final RetryPolicy retries;
    private final TraceListener listener;

    /**
     * Creates a run.
     *
     * @param prompts conversations that end with the user's message
     * @param samples traces of each prompt, at least 1
     * @param settings how they are made
     * @param retries what to do when the engine fails
     * @param listener hears of progress
     * @throws UsageException if several samples would be all the same
     */
    public TraceRun(
            List<List<Message>> prompts,
            int samples,
            TraceSettings settings,
            RetryPolicy retries,
            TraceListener listener) {
        if (samples < 1 || (long) samples * prompts.size() > Integer.MAX_VALUE) {
            throw new UsageException("samples must be at least 1, not " + samples);
        }
        if (samples > 1 && settings.sampling().greedy()) {
            throw new UsageException(
                    "greedy traces of a prompt are all the same: ask for 1 sample");
        }
        this.prompts = List.copyOf(prompts);
        this.samples = samples;
        this.settings = settings;
        this.retries = retries;
        this.listener = listener;
    }

    /**
     * What the file holds, and what is missing.
     *
     * @param kept traces that were there before
     * @param made traces of this run
     * @param cut how many of all ended at the cap on tokens
     * @param tokens generated tokens of all
     * @param failed prompts that failed after all attempts
     */
    public record Summary(int kept, int made, int cut, long tokens, int failed) {}

    /**
     * Makes what is missing.
     *
     * @param output the file, new or of an earlier run
     * @param engine starts what runs the model; not called where nothing is missing
     * @return what it came to
     * @throws UsageException if the file holds traces of other prompts or settings
     * @throws DataException if a line is no trace
     * @throws LatheException if the engine cannot start, or fails again and again; what is made is
     *     kept
     */
    public Summary write(Path output, Supplier<Engine> engine) {
        Asking asking = new Asking(output);
        try (LineLog<Trace> log = LineLog.append(output, Trace.class, asking::keep)) {
            asking.log = log;
            asking.kept = asking.present.cardinality();
            if (asking.kept < asking.slots()) {
                try (Engine running = engine.get()) {
                    new RequestQueue(running, retries).ask(asking);
                }
            }
        }
        return asking.summary();
    }

    /** A file being filled. */
    private final class Asking implements RequestQueue.Work {
        private final Path output;
        private final BitSet present = new BitSet();
        private LineLog<Trace> log;
        private int kept;
        private int cut;
        private int failed;
        private long tokens;

        Asking(Path output) {
            this.output = output;
        }

        void keep(LineLog.Place place, Trace trace) {
            String where = output + ": line " + place.number() + ": ";
            int last = trace.messages().size() - 1;
            if (trace.settings() == null || trace.stop() == null || last < 1) {
                throw new DataException(where + "is no trace");
            }
            if (!trace.settings().equals(settings)) {
                throw new UsageException(
                        where
                                + "was made otherwise: "
                                + trace.settings()
                                + ", now "
                                + settings
                                + "; write to another file");
            }
            boolean known =
                    trace.prompt() >= 0
                            && trace.prompt() < prompts.size()
                            && trace.sample() >= 0
                            && trace.messages()
                                    .subList(0, last)
                                    .equals(prompts.get(trace.prompt()));
            if (!known) {
                throw new UsageException(
                        where + "belongs to another file of prompts; write to another file");
            }
            if (trace.sample() < samples) {
                present.set(trace.sample() * prompts.size() + trace.prompt());
            }
            count(trace);
        }

        private void count(Trace trace) {
            tokens += trace.tokens();
            cut += trace.stop() == StopReason.LENGTH ? 1 : 0;
        }

        synchronized Summary summary() {
            return new Summary(kept, present.cardinality() - kept, cut, tokens, failed);
        }

        @Override
        public String name() {
            return settings.model();
        }

        @Override
        public int slots() {
            return samples * prompts.size();
        }

        @Override
        public synchronized boolean done(int slot) {
            return present.get(slot);
        }

        @Override
        public GenerationRequest request(int slot) {
            List<Message> prompt = prompts.get(prompt(slot));
            int last = prompt.size() - 1;
            return new GenerationRequest(
                    prompt.subList(0, last),
                    prompt.get(last).content(),
                    ModelOutput.OPEN + "\n",
                    settings.style(),
                    settings.sampling(),
                    Seeds.mixed(settings.seed(), prompt(slot), slot / prompts.size()),
                    settings.maximumTokens());
        }

        private int prompt(int slot) {
            return slot % prompts.size();
        }

        @Override
        public synchronized void answered(
                int slot, GenerationRequest request, Generation generation, int attempts) {
            int prompt = prompt(slot);
            int sample = slot / prompts.size();
            Trace trace = Trace.of(prompts.get(prompt), prompt, sample, generation, settings);
            log.add(trace);
            present.set(slot);
            count(trace);
            advance();
        }

        @Override
        public synchronized void failed(
                int slot, GenerationRequest request, String reason, int attempts) {
            failed++;
            listener.failed(prompt(slot), attempts, true, reason);
            advance();
        }

        @Override
        public synchronized void retrying(int slot, int attempt, String reason) {
            listener.failed(prompt(slot), attempt, false, reason);
        }

        private void advance() {
            listener.advanced(present.cardinality() + failed, slots());
        }
    }
}
