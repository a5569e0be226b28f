package dev.lathe.compress;

/** Hears how a compression gets on. Called on the thread that compresses. */
@FunctionalInterface
public interface ProgressListener {
    /** Hears nothing. */
    ProgressListener SILENT = event -> {};

    /**
     * Hears of an event.
     *
     * @param event what happened
     */
    void on(ProgressEvent event);
}
