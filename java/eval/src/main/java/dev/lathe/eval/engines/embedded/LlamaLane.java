package dev.lathe.eval.engines.embedded;

import dev.lathe.eval.engine.EngineException;
import java.util.Optional;

/** A child that is started when it is needed, and anew after it died. */
final class LlamaLane implements AutoCloseable {
    private final ChildSettings settings;
    private LlamaProcess process;
    private boolean closed;

    LlamaLane(ChildSettings settings) {
        this.settings = settings;
    }

    /**
     * The living child.
     *
     * @throws EngineException if it cannot be started, or the lane is closed
     */
    synchronized LlamaProcess running() {
        if (closed) {
            throw new EngineException(
                    EngineException.Kind.REFUSED, "the embedded engine is closed");
        }
        if (process != null && !process.alive()) {
            process.close();
            process = null;
        }
        if (process == null) {
            process = LlamaProcess.start(settings);
        }
        return process;
    }

    /** The child's process, for tests. */
    synchronized Optional<ProcessHandle> child() {
        return Optional.ofNullable(process).map(LlamaProcess::handle);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (process != null) {
            process.close();
        }
    }
}
