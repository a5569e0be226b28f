package dev.lathe.checkpoint;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the checkpoints of all formats share: tensors at known places of open files. */
abstract sealed class StoredCheckpoint implements Checkpoint
        permits GgufCheckpoint, SafetensorsCheckpoint {
    private final Path path;
    private final Format format;
    private final TensorStore store;

    StoredCheckpoint(Path path, Format format, TensorStore store) {
        this.path = path;
        this.format = format;
        this.store = store;
    }

    @Override
    public final Path path() {
        return path;
    }

    @Override
    public final Format format() {
        return format;
    }

    @Override
    public final List<TensorInfo> tensors() {
        return store.tensors();
    }

    @Override
    public final Optional<TensorInfo> find(String name) {
        return store.find(name);
    }

    @Override
    public final TensorInfo tensor(String name) {
        return store.tensor(name);
    }

    @Override
    public final void read(TensorInfo tensor, long offset, ByteBuffer target) {
        store.read(tensor, offset, target);
    }

    @Override
    public final void close() {
        store.close();
    }
}
