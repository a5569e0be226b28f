package dev.lathe.cli;

import dev.lathe.compress.ProgressEvent;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** Shows how work gets on, on the standard error stream. */
sealed interface ProgressView extends AutoCloseable permits ProgressBarView, ProgressLines {

    /**
     * The view that fits the stream: a bar on a terminal, else plain lines.
     *
     * @param task a word for the work
     * @param err where to
     * @return the view, closed by the caller
     */
    static ProgressView of(String task, PrintWriter err) {
        return onTerminal() ? new ProgressBarView(task) : new ProgressLines(err);
    }

    /** The amount of work is known. */
    void start(long total);

    /** So much is done; what names what is being worked on. */
    void advance(long done, String what);

    /** As {@link #advance(long, String)}, for work that tells its amount as it goes. */
    default void advance(long done, long total, String what) {
        if (!started()) {
            start(total);
        }
        advance(done, what);
    }

    /** Whether the amount of work is known. */
    boolean started();

    /** Something that the user should know, at once. */
    void notice(String message);

    @Override
    void close();

    /** Shows an event of a compression. */
    default void show(ProgressEvent event) {
        if (event instanceof ProgressEvent.Started started) {
            start(started.total());
        } else if (event instanceof ProgressEvent.Advanced advanced) {
            advance(advanced.done(), advanced.what());
        } else if (event instanceof ProgressEvent.Notice notice) {
            notice(notice.message());
        }
    }

    private static boolean onTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            // No such link on other systems; there the console tells, if input and output are it.
            return System.console() != null;
        }
    }
}
