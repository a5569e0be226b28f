package dev.lathe.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.OptionalDouble;

/**
 * How fast work gets on, over the last part of it: what was copied or taken up from an interrupted
 * run went by in no time and says nothing of the rest. The part holds about two blocks of a model,
 * whose units take unequal times.
 */
final class ProgressRate {
    private static final double LEAST_SECONDS = 2;
    private static final double WINDOW_SECONDS = 20;
    private static final double WINDOW_SHARE = 0.3;
    private static final double LEAST_UNITS_SHARE = 0.08;

    private final Deque<Point> points = new ArrayDeque<>();
    private final double started;
    private final long total;

    private record Point(double seconds, long done) {}

    /** Begins at a time in seconds, with nothing of so many units done. */
    ProgressRate(double seconds, long total) {
        started = seconds;
        this.total = total;
        points.add(new Point(seconds, 0));
    }

    /** Notes how much is done at a time in seconds; forgets what is long ago. */
    void add(double seconds, long done) {
        double window = Math.max(WINDOW_SECONDS, WINDOW_SHARE * (seconds - started));
        while (points.size() > 1
                && points.peekFirst().seconds < seconds - window
                && second().done <= done - LEAST_UNITS_SHARE * total) {
            points.removeFirst();
        }
        points.add(new Point(seconds, done));
    }

    private Point second() {
        Iterator<Point> oldest = points.iterator();
        oldest.next();
        return oldest.next();
    }

    /** Units per second, or empty where too little has been seen. */
    OptionalDouble perSecond() {
        double seconds = points.peekLast().seconds - points.peekFirst().seconds;
        long done = points.peekLast().done - points.peekFirst().done;
        return seconds < LEAST_SECONDS || done == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(done / seconds);
    }

    /** Seconds until all units are done, or empty where too little has been seen. */
    OptionalDouble secondsLeft() {
        OptionalDouble rate = perSecond();
        return rate.isEmpty()
                ? rate
                : OptionalDouble.of((total - points.peekLast().done) / rate.getAsDouble());
    }
}
