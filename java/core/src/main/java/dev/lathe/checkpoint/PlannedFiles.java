package dev.lathe.checkpoint;

import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The partial files of an output, the tensors planned in them and what of these has been written.
 */
final class PlannedFiles implements AutoCloseable {
    static final String PARTIAL_SUFFIX = ".partial";

    /**
     * A file as planned.
     *
     * @param path final name
     * @param partial name until the output is complete
     * @param header bytes before the first tensor
     * @param size size of the whole file
     * @param tensors the tensors in the file, in the order of the file
     */
    record Plan(Path path, Path partial, byte[] header, long size, List<TensorInfo> tensors) {}

    private record Place(TensorInfo tensor, PartialFile file, WrittenBytes written) {}

    private final List<PartialFile> files = new ArrayList<>();
    private final List<TensorInfo> tensors = new ArrayList<>();
    private final Map<String, Place> places = new LinkedHashMap<>();

    /**
     * Makes or opens all files.
     *
     * @throws UsageException if they cannot be written or do not fit on the disk
     */
    PlannedFiles(List<Plan> plans, boolean resume) {
        try {
            requireRoom(plans, resume);
            for (Plan plan : plans) {
                PartialFile file =
                        PartialFile.open(plan.partial(), plan.header(), plan.size(), resume);
                files.add(file);
                for (TensorInfo tensor : plan.tensors()) {
                    tensors.add(tensor);
                    places.put(tensor.name(), new Place(tensor, file, new WrittenBytes()));
                }
            }
        } catch (RuntimeException e) {
            removeNew();
            throw e;
        }
    }

    /** Removes what this run has begun; what an earlier one has written stays. */
    private void removeNew() {
        for (PartialFile file : files) {
            file.close();
            if (!file.resumed()) {
                remove(file.path());
            }
        }
    }

    static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UsageException(file + " cannot be removed: " + e.getMessage(), e);
        }
    }

    /**
     * Files that exist are counted as if all their bytes were on the disk; if not, writing tells.
     */
    private static void requireRoom(List<Plan> plans, boolean resume) {
        long needed = 0;
        for (Plan plan : plans) {
            boolean there = resume && Files.exists(plan.partial());
            needed += there ? 0 : plan.size();
        }
        Path folder = plans.get(0).partial().toAbsolutePath().getParent();
        try {
            requireRoom(folder, needed, Files.getFileStore(folder).getUsableSpace());
        } catch (IOException e) {
            throw PartialFile.failure(plans.get(0).partial(), e);
        }
    }

    static void requireRoom(Path folder, long needed, long available) {
        if (needed > available) {
            throw new UsageException(
                    String.format(
                            "the disk of %s is too full: %d bytes are needed, %d are free",
                            folder, needed, available));
        }
    }

    List<TensorInfo> tensors() {
        return List.copyOf(tensors);
    }

    TensorInfo tensor(String name) {
        Place place = places.get(name);
        if (place == null) {
            throw new IllegalArgumentException("tensor '" + name + "' was not declared");
        }
        return place.tensor();
    }

    boolean resumed() {
        return files.stream().anyMatch(PartialFile::resumed);
    }

    void write(TensorInfo tensor, long offset, ByteBuffer bytes) {
        Place place = place(tensor, offset, bytes.remaining());
        long end = offset + bytes.remaining();
        place.file().write(tensor.offset() + offset, bytes);
        place.written().add(offset, end);
    }

    void read(TensorInfo tensor, long offset, ByteBuffer target) {
        Place place = place(tensor, offset, target.remaining());
        place.file().read(tensor.offset() + offset, target, "tensor '" + tensor.name() + "'");
    }

    void markWritten(TensorInfo tensor) {
        Place place = place(tensor, 0, 0);
        if (!place.file().resumed()) {
            throw new IllegalStateException(
                    "tensor '" + tensor.name() + "' cannot be there: nothing was resumed");
        }
        place.written().add(0, tensor.byteLength());
    }

    private Place place(TensorInfo tensor, long offset, int count) {
        Place place = places.get(tensor.name());
        if (place == null || !place.tensor().equals(tensor)) {
            throw new IllegalArgumentException("tensor '" + tensor.name() + "' was not declared");
        }
        if (offset < 0 || offset > tensor.byteLength() - count) {
            throw new IllegalArgumentException(
                    String.format(
                            "bytes %d to %d of tensor '%s', which has %d",
                            offset, offset + count, tensor.name(), tensor.byteLength()));
        }
        return place;
    }

    void requireComplete() {
        for (Place place : places.values()) {
            long length = place.tensor().byteLength();
            long missing = place.written().firstMissing(length);
            if (missing < length) {
                throw new IllegalStateException(
                        String.format(
                                "tensor '%s' is not complete: byte %d of %d was not written",
                                place.tensor().name(), missing, length));
            }
        }
    }

    void force() {
        files.forEach(PartialFile::force);
    }

    /**
     * Makes a change of names in a folder last, where the system lets folders be opened for that.
     */
    static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // Windows does not; the names then reach the disk when the system sees fit.
            return;
        }
    }

    @Override
    public void close() {
        RuntimeException failure = null;
        for (PartialFile file : files) {
            try {
                file.close();
            } catch (UsageException e) {
                failure = e;
            }
        }
        files.clear();
        if (failure != null) {
            throw failure;
        }
    }
}
