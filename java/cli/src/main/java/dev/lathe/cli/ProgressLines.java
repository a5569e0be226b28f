package dev.lathe.cli;

import java.io.PrintWriter;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/** Progress as lines of text, at most one in a few seconds; notices at once. */
final class ProgressLines implements ProgressView {
    private static final double INTERVAL_SECONDS = 5;

    private final PrintWriter err;
    private final LongSupplier nanoTime;
    private ProgressRate rate;
    private double started;
    private double lastLine;
    private long total;

    ProgressLines(PrintWriter err) {
        this(err, System::nanoTime);
    }

    /** With a clock in nanoseconds, as tests have it. */
    ProgressLines(PrintWriter err, LongSupplier nanoTime) {
        this.err = err;
        this.nanoTime = nanoTime;
    }

    @Override
    public void start(long units) {
        total = units;
        started = seconds();
        lastLine = started;
        rate = new ProgressRate(started, units);
    }

    @Override
    public void advance(long done, String what) {
        double now = seconds();
        rate.add(now, done);
        if (now - lastLine < INTERVAL_SECONDS) {
            return;
        }
        lastLine = now;
        OptionalDouble left = rate.secondsLeft();
        String time = Quantity.duration(now - started) + " passed";
        if (left.isPresent()) {
            time += ", about " + Quantity.duration(left.getAsDouble()) + " left";
        }
        err.println(Quantity.format("%3d %%  %s, %s", 100 * done / Math.max(1, total), what, time));
        err.flush();
    }

    @Override
    public boolean started() {
        return rate != null;
    }

    @Override
    public void notice(String message) {
        err.println(Printable.of(message));
        err.flush();
    }

    @Override
    public void close() {
        err.flush();
    }

    private double seconds() {
        return nanoTime.getAsLong() / 1e9;
    }
}
