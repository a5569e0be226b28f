package dev.lathe.tokenizer.jinja;

import java.time.Clock;

/** What one rendering works with: its bounds, its clock, and the operations on values. */
final class Session {
    private final Budget budget;
    private final Clock clock;
    private final Printer printer;
    private final Comparer comparer;
    private final Arithmetic arithmetic;
    private final Access access;

    Session(Budget budget, Clock clock) {
        this.budget = budget;
        this.clock = clock;
        this.printer = new Printer(budget);
        this.comparer = new Comparer(budget);
        this.arithmetic = new Arithmetic(this);
        this.access = new Access(this);
    }

    Budget budget() {
        return budget;
    }

    Clock clock() {
        return clock;
    }

    Comparer comparer() {
        return comparer;
    }

    Arithmetic arithmetic() {
        return arithmetic;
    }

    Access access() {
        return access;
    }

    /** {@code str(value)}. */
    String text(Object value) {
        return printer.text(value);
    }

    /** Accounts for a text that is about to be made or has just been. */
    String made(String text) {
        budget.text(text.length());
        return text;
    }
}
