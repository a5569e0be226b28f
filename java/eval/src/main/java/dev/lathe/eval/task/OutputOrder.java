package dev.lathe.eval.task;

import dev.lathe.UsageException;
import java.util.List;
import java.util.Locale;

/** What the indices of outputs count that were made elsewhere. */
public enum OutputOrder {
    /** The rows of the data at hand. */
    DATA,
    /** The rows of the paper's editions. */
    PAPER,
    /** Whichever fits what the outputs say. */
    AUTO;

    /**
     * The order of a name.
     *
     * @param name as on the command line
     * @return the order
     * @throws UsageException if there is none
     */
    public static OutputOrder of(String name) {
        for (OutputOrder order : values()) {
            if (order.toString().equals(name)) {
                return order;
            }
        }
        throw new UsageException("the order must be data, paper or auto, not " + name);
    }

    /**
     * Collects what outputs say, to find out which order they follow.
     *
     * @param task their task
     * @param questions its questions
     * @return a detection
     */
    public static Detection detection(Task task, List<Question> questions) {
        return new Detection(task, questions);
    }

    /** Weighs both orders: in the true one, outputs have more of their questions' words. */
    public static final class Detection {
        private final Task task;
        private final List<Question> questions;
        private final ProblemMatch match;
        private double data;
        private double paper;

        private Detection(Task task, List<Question> questions) {
            this.task = task;
            this.questions = questions;
            this.match = new ProblemMatch(questions);
        }

        /**
         * Takes an output into account.
         *
         * @param index its index
         * @param output what the model said
         */
        public void add(int index, String output) {
            data += match.share(index, output);
            paper += match.share(task.paperRow(questions, index, output), output);
        }

        /**
         * The order that fits.
         *
         * @return {@link #DATA} or {@link #PAPER}; the data's where both fit
         */
        public OutputOrder order() {
            return paper > data ? PAPER : DATA;
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
