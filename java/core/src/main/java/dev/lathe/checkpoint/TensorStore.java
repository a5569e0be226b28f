package dev.lathe.checkpoint;

import dev.lathe.DataException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The tensors of a checkpoint and the open files that hold their bytes. */
final class TensorStore implements AutoCloseable {
    private final Path path;
    private final List<TensorInfo> tensors;
    private final Map<String, TensorInfo> byName;
    private final Map<Path, ReadChannel> channels;

    /**
     * Takes over the channels.
     *
     * @throws DataException if two tensors have one name
     */
    TensorStore(Path path, List<TensorInfo> tensors, Map<Path, ReadChannel> channels) {
        this.path = path;
        this.tensors = List.copyOf(tensors);
        this.channels = Map.copyOf(channels);
        this.byName = new LinkedHashMap<>();
        for (TensorInfo tensor : tensors) {
            TensorInfo other = byName.put(tensor.name(), tensor);
            if (other != null) {
                throw new DataException(
                        String.format(
                                "%s: duplicate tensor '%s', found in %s and in %s",
                                path, tensor.name(), other.file(), tensor.file()));
            }
        }
    }

    List<TensorInfo> tensors() {
        return tensors;
    }

    Optional<TensorInfo> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    TensorInfo tensor(String name) {
        TensorInfo tensor = byName.get(name);
        if (tensor == null) {
            throw new DataException(path + " has no tensor '" + name + "'");
        }
        return tensor;
    }

    void read(TensorInfo tensor, long offset, ByteBuffer target) {
        if (!tensor.equals(byName.get(tensor.name()))) {
            throw new IllegalArgumentException(
                    "tensor '" + tensor.name() + "' is not of checkpoint " + path);
        }
        if (offset < 0 || offset > tensor.byteLength() - target.remaining()) {
            throw new IllegalArgumentException(
                    String.format(
                            "bytes %d to %d asked of tensor '%s', which has %d",
                            offset,
                            offset + target.remaining(),
                            tensor.name(),
                            tensor.byteLength()));
        }
        channels.get(tensor.file())
                .read(target, tensor.offset() + offset, "tensor '" + tensor.name() + "'");
    }

    /**
     * Checks that no byte belongs to two tensors.
     *
     * @throws DataException naming the file and both tensors
     */
    static void requireDisjoint(Path file, List<TensorInfo> tensors) {
        List<TensorInfo> sorted = new ArrayList<>(tensors);
        sorted.removeIf(tensor -> tensor.byteLength() == 0);
        sorted.sort(Comparator.comparingLong(TensorInfo::offset));
        for (int i = 1; i < sorted.size(); i++) {
            TensorInfo before = sorted.get(i - 1);
            TensorInfo after = sorted.get(i);
            if (before.offset() + before.byteLength() > after.offset()) {
                throw new DataException(
                        String.format(
                                "%s: tensors '%s' and '%s' overlap: bytes %d to %d and %d to %d",
                                file,
                                before.name(),
                                after.name(),
                                before.offset(),
                                before.offset() + before.byteLength(),
                                after.offset(),
                                after.offset() + after.byteLength()));
            }
        }
    }

    @Override
    public void close() {
        closeAll(channels.values());
    }

    /** Closes every channel, then throws the first failure with the others suppressed. */
    static void closeAll(Iterable<ReadChannel> channels) {
        RuntimeException failure = null;
        for (ReadChannel channel : channels) {
            try {
                channel.close();
            } catch (DataException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
