package dev.lathe.checkpoint;

import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Writes a GGUF file, version 3; {@link GgufReader} describes the layout. */
public final class GgufWriter extends PlannedWriter {
    private static final int VERSION = 3;

    /** llama.cpp keeps names in 64 bytes, one of which ends them. */
    private static final int MAXIMUM_NAME_BYTES = 63;

    private final Path partial;
    private final boolean keepPartial;
    private boolean finished;
    private List<OutputFile> outputs;

    private GgufWriter(Path path, Path partial, WriteOptions options, PlannedFiles files) {
        super(path, Format.GGUF, files);
        this.partial = partial;
        this.keepPartial = options.keepPartial();
    }

    /**
     * Begins a file.
     *
     * @param path the output
     * @param metadata all metadata; {@code general.alignment} among them is obeyed
     * @param tensors all tensors in the order of the file
     * @param options how to write
     * @return the writer
     * @throws UsageException if the output exists and may not be replaced, cannot be written, or
     *     does not fit on the disk
     * @throws dev.lathe.DataException if a partial output is to be resumed and has another layout
     * @throws IllegalArgumentException if two tensors have one name, or one that GGUF cannot hold
     */
    public static GgufWriter create(
            Path path, GgufMetadata metadata, List<TensorSpec> tensors, WriteOptions options) {
        requireFree(path, options.replace());
        Path partial = path.resolveSibling(path.getFileName() + PlannedFiles.PARTIAL_SUFFIX);
        PlannedFiles.Plan plan = plan(path, partial, metadata, tensors);
        return new GgufWriter(
                path, partial, options, new PlannedFiles(List.of(plan), options.resume()));
    }

    /** Refuses a folder, and a file that may not be replaced. */
    static void requireFree(Path path, boolean replace) {
        if (Files.isDirectory(path)) {
            throw new UsageException(path + " is a folder, a file was to be written");
        }
        if (Files.exists(path) && !replace) {
            throw new UsageException(path + " exists already");
        }
    }

    /**
     * Computes the size of a file without writing it.
     *
     * @param metadata all metadata
     * @param tensors all tensors in the order of the file
     * @return bytes, header and padding included
     * @throws IllegalArgumentException if two tensors have one name, or one that GGUF cannot hold
     */
    public static long size(GgufMetadata metadata, List<TensorSpec> tensors) {
        return plan(Path.of(""), Path.of(""), metadata, tensors).size();
    }

    /**
     * What the bytes of each tensor are padded to.
     *
     * @param metadata all metadata
     * @return bytes: {@code general.alignment}, or 32 where the key is missing
     */
    public static long alignment(GgufMetadata metadata) {
        return metadata.findInteger(GgufHeader.ALIGNMENT_KEY)
                .orElse((long) GgufHeader.DEFAULT_ALIGNMENT);
    }

    private static PlannedFiles.Plan plan(
            Path path, Path partial, GgufMetadata metadata, List<TensorSpec> tensors) {
        long alignment = alignment(metadata);
        if (Long.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("alignment " + alignment + " is no power of two");
        }
        GgufOutput header = new GgufOutput();
        header.int32(GgufReader.MAGIC);
        header.int32(VERSION);
        header.int64(tensors.size());
        header.int64(metadata.keys().size());
        for (String key : metadata.keys()) {
            GgufValue value = metadata.find(key).orElseThrow();
            header.string(key);
            header.int32(value.type().ordinal());
            header.value(value);
        }
        List<Long> offsets = new ArrayList<>();
        Set<String> names = new HashSet<>();
        long dataSize = 0;
        for (TensorSpec tensor : tensors) {
            requireWritable(tensor, names);
            offsets.add(dataSize);
            putTensor(header, tensor, dataSize);
            dataSize = GgufHeader.align(Math.addExact(dataSize, tensor.byteLength()), alignment);
        }
        long dataStart = GgufHeader.align(header.size(), alignment);
        header.padTo(dataStart);
        List<TensorInfo> places = new ArrayList<>();
        for (int i = 0; i < tensors.size(); i++) {
            TensorSpec tensor = tensors.get(i);
            places.add(
                    new TensorInfo(
                            tensor.name(),
                            tensor.type(),
                            tensor.shape(),
                            path,
                            dataStart + offsets.get(i),
                            tensor.byteLength()));
        }
        return new PlannedFiles.Plan(
                path, partial, header.toByteArray(), Math.addExact(dataStart, dataSize), places);
    }

    private static void requireWritable(TensorSpec tensor, Set<String> names) {
        String what = "tensor '" + tensor.name() + "'";
        if (!names.add(tensor.name())) {
            throw new IllegalArgumentException(what + " is declared twice");
        }
        if (tensor.name().getBytes(StandardCharsets.UTF_8).length > MAXIMUM_NAME_BYTES) {
            throw new IllegalArgumentException(
                    what + " has a name of more than " + MAXIMUM_NAME_BYTES + " bytes");
        }
        if (tensor.shape().size() > GgufReader.MAXIMUM_DIMENSIONS) {
            throw new IllegalArgumentException(what + " has more than 4 dimensions");
        }
        if (tensor.type().id() >= GgufReader.FIRST_SAFETENSORS_TYPE) {
            throw new IllegalArgumentException(
                    what + " is of type " + tensor.type().name() + ", which GGUF does not have");
        }
    }

    private static void putTensor(GgufOutput header, TensorSpec tensor, long offset) {
        header.string(tensor.name());
        header.int32(tensor.shape().size());
        for (int i = tensor.shape().size() - 1; i >= 0; i--) {
            header.int64(tensor.shape().get(i));
        }
        header.int32(tensor.type().id());
        header.int64(offset);
    }

    @Override
    public void finish() {
        complete();
        try {
            Files.move(
                    partial,
                    path(),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw PartialFile.failure(path(), e);
        }
        PlannedFiles.forceFolder(path().toAbsolutePath().getParent());
        finished = true;
    }

    @Override
    public List<OutputFile> outputs() {
        if (!finished) {
            throw new IllegalStateException(path() + " is not finished");
        }
        if (outputs == null) {
            outputs = List.of(OutputFile.of(path()));
        }
        return outputs;
    }

    @Override
    public void close() {
        files().close();
        if (!finished && !keepPartial) {
            PlannedFiles.remove(partial);
        }
    }
}
