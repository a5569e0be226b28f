package dev.lathe.checkpoint;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** What the writers of all formats share: files whose layout is fixed before the first byte. */
abstract sealed class PlannedWriter implements CheckpointWriter
        permits GgufWriter, SafetensorsWriter {
    private final Path path;
    private final Format format;
    private final PlannedFiles files;

    PlannedWriter(Path path, Format format, PlannedFiles files) {
        this.path = path;
        this.format = format;
        this.files = files;
    }

    final PlannedFiles files() {
        return files;
    }

    /** Closes the files, all of whose tensors have to be written. */
    final void complete() {
        files.requireComplete();
        files.force();
        files.close();
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
        return files.tensors();
    }

    @Override
    public final TensorInfo tensor(String name) {
        return files.tensor(name);
    }

    @Override
    public final boolean resumed() {
        return files.resumed();
    }

    @Override
    public final void write(TensorInfo tensor, long offset, ByteBuffer bytes) {
        files.write(tensor, offset, bytes);
    }

    @Override
    public final void read(TensorInfo tensor, long offset, ByteBuffer target) {
        files.read(tensor, offset, target);
    }

    @Override
    public final void markWritten(TensorInfo tensor) {
        files.markWritten(tensor);
    }

    @Override
    public final void force() {
        files.force();
    }
}
