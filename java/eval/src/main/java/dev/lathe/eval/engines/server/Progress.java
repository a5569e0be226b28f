package dev.lathe.eval.engines.server;

import java.time.Duration;
import okhttp3.Call;

/** A request under way: when it last got on, and how it is ended. */
final class Progress {
    private final Duration stall;
    private final boolean streams;
    private final long mostBytes;
    private volatile long last = System.nanoTime();
    private volatile Call call;
    private volatile boolean stalled;

    /**
     * Begins.
     *
     * @param stall how long it may make no progress
     * @param streams whether the answer is to come as a stream of events
     * @param mostBytes most bytes of the answer
     */
    Progress(Duration stall, boolean streams, long mostBytes) {
        this.stall = stall;
        this.streams = streams;
        this.mostBytes = mostBytes;
    }

    boolean streams() {
        return streams;
    }

    long mostBytes() {
        return mostBytes;
    }

    /** Whether it was ended for making no progress. */
    boolean stalled() {
        return stalled;
    }

    Duration stall() {
        return stall;
    }

    /** Names the call that is to be ended. */
    void calls(Call newCall) {
        call = newCall;
    }

    /** Something usable came. */
    void goesOn() {
        last = System.nanoTime();
    }

    /** Ends the call where it makes no progress. */
    void check() {
        Call running = call;
        if (running != null && System.nanoTime() - last > stall.toNanos()) {
            stalled = true;
            running.cancel();
        }
    }
}
