package dev.lathe.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;

/** A bar with rate and time left on the last line of a terminal; notices scroll away above it. */
final class ProgressBarView implements ProgressView {
    private static final int UPDATE_MILLIS = 200;

    /** Columns that stay free, for the ^C that a terminal shows. */
    private static final int MARGIN = 2;

    private final String task;
    private final Line line = new Line();
    private final Thread interruption = new Thread(line::end);
    private ProgressRate rate;
    private ProgressBar bar;

    ProgressBarView(String task) {
        this.task = task;
    }

    @Override
    public void start(long total) {
        rate = new ProgressRate(seconds(), total);
        Runtime.getRuntime().addShutdownHook(interruption);
        boolean unicode = "UTF-8".equalsIgnoreCase(System.getProperty("native.encoding"));
        bar =
                new ProgressBarBuilder()
                        .setInitialMax(total)
                        .setUpdateIntervalMillis(UPDATE_MILLIS)
                        .setRenderer(new BarRenderer(rate, unicode))
                        .setConsumer(line)
                        .build();
        bar.setExtraMessage(task);
    }

    @Override
    public void advance(long done, String what) {
        synchronized (rate) {
            rate.add(seconds(), done);
        }
        bar.setExtraMessage(what);
        bar.stepTo(done);
    }

    @Override
    public boolean started() {
        return rate != null;
    }

    @Override
    public void notice(String message) {
        line.print(Printable.of(message));
    }

    @Override
    public void close() {
        if (bar != null) {
            if (bar.getCurrent() >= bar.getMax()) {
                bar.setExtraMessage("done");
            }
            bar.close();
            stopWaiting();
        }
    }

    private void stopWaiting() {
        try {
            Runtime.getRuntime().removeShutdownHook(interruption);
        } catch (IllegalStateException e) {
            // The process is being ended, and the hook runs already.
        }
    }

    private static double seconds() {
        return System.nanoTime() / 1e9;
    }

    /** The line of the bar, shared by the thread that draws it and notices. */
    private static final class Line implements ProgressBarConsumer {
        private final PrintStream err =
                new PrintStream(
                        new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        private final ConsoleProgressBarConsumer terminal = new ConsoleProgressBarConsumer(err);
        private String last = "";
        private boolean ended;

        synchronized void print(String message) {
            if (!last.isEmpty()) {
                terminal.clear();
                err.print('\r');
            }
            err.println(message);
            if (!last.isEmpty()) {
                terminal.accept(last);
            }
        }

        @Override
        public int getMaxRenderedLength() {
            return Math.max(1, terminal.getMaxRenderedLength() - MARGIN);
        }

        /** Leaves the line as it is, so that what the shell prints next has one of its own. */
        synchronized void end() {
            ended = true;
            err.println();
        }

        @Override
        public synchronized void accept(String rendered) {
            last = rendered;
            if (!ended) {
                terminal.accept(rendered);
            }
        }

        @Override
        public synchronized void close() {
            terminal.close();
        }
    }
}
