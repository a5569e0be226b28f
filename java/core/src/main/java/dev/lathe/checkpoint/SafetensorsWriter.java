package dev.lathe.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.UsageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes a Hugging Face folder: safetensors with an index where there are several, and the files
 * beside them. {@link SafetensorsHeader} describes the layout of a file.
 */
public final class SafetensorsWriter extends PlannedWriter {
    private static final String SHARD_NAME = "model-%05d-of-%05d.safetensors";
    private static final int LENGTH_BYTES = 8;

    /** Without this, releases of transformers refuse a file, because it might be TensorFlow's. */
    private static final Map<String, String> METADATA = Map.of("format", "pt");

    private final OutputFolder folder;
    private List<OutputFile> outputs;

    private SafetensorsWriter(OutputFolder folder, PlannedFiles files) {
        super(folder.path(), Format.SAFETENSORS, files);
        this.folder = folder;
    }

    /**
     * Begins a folder.
     *
     * @param path the output
     * @param tensors all tensors; they are spread over files in this order
     * @param sideFiles the other files, by name: config.json, tokenizer.json and so on
     * @param options how to write
     * @return the writer
     * @throws UsageException if the output exists and may not be replaced, cannot be written, or
     *     does not fit on the disk
     * @throws dev.lathe.DataException if a partial output is to be resumed and has another layout
     * @throws IllegalArgumentException if two tensors have one name, a type is none of
     *     safetensors', or the name of a side file is no plain name
     */
    public static SafetensorsWriter create(
            Path path,
            List<TensorSpec> tensors,
            Map<String, byte[]> sideFiles,
            WriteOptions options) {
        requireWritable(tensors);
        OutputFolder folder = OutputFolder.open(path, options);
        List<PlannedFiles.Plan> plans = plans(folder, tensors, options.maximumShardBytes());
        Map<String, byte[]> others = new TreeMap<>(sideFiles);
        if (plans.size() > 1) {
            others.put(SafetensorsCheckpoint.INDEX_FILE, index(plans));
        }
        PlannedFiles files;
        try {
            files = new PlannedFiles(plans, options.resume());
        } catch (RuntimeException e) {
            // Whatever is in the folder then belongs to another run.
            folder.discardEmpty();
            throw e;
        }
        SafetensorsWriter writer = new SafetensorsWriter(folder, files);
        try {
            folder.writeFiles(others);
            folder.retain(plans, others.keySet());
            return writer;
        } catch (RuntimeException e) {
            writer.close();
            throw e;
        }
    }

    private static List<PlannedFiles.Plan> plans(
            OutputFolder folder, List<TensorSpec> tensors, long maximumShardBytes) {
        List<List<TensorSpec>> shards = shards(tensors, maximumShardBytes);
        List<PlannedFiles.Plan> plans = new ArrayList<>();
        for (int i = 0; i < shards.size(); i++) {
            String name =
                    shards.size() == 1
                            ? SafetensorsCheckpoint.SINGLE_FILE
                            : String.format(SHARD_NAME, i + 1, shards.size());
            plans.add(plan(folder, name, shards.get(i)));
        }
        return plans;
    }

    private static void requireWritable(List<TensorSpec> tensors) {
        Set<String> names = new HashSet<>();
        for (TensorSpec tensor : tensors) {
            if (!names.add(tensor.name()) || tensor.name().equals(SafetensorsHeader.METADATA_KEY)) {
                throw new IllegalArgumentException(
                        "tensor '" + tensor.name() + "' is declared twice or is no tensor's name");
            }
            if (!SafetensorsHeader.TYPE_NAMES.contains(tensor.type().name())) {
                throw new IllegalArgumentException(
                        String.format(
                                "tensor '%s' is of type %s, which safetensors does not have",
                                tensor.name(), tensor.type().name()));
            }
        }
    }

    /** Fills one file after another; a tensor larger than the bound has a file of its own. */
    private static List<List<TensorSpec>> shards(List<TensorSpec> tensors, long maximumBytes) {
        List<List<TensorSpec>> shards = new ArrayList<>();
        shards.add(new ArrayList<>());
        long bytes = 0;
        for (TensorSpec tensor : tensors) {
            List<TensorSpec> last = shards.get(shards.size() - 1);
            if (!last.isEmpty() && tensor.byteLength() > maximumBytes - bytes) {
                last = new ArrayList<>();
                shards.add(last);
                bytes = 0;
            }
            last.add(tensor);
            bytes += tensor.byteLength();
        }
        return shards;
    }

    /**
     * Lays out one file. Types with large elements come first, as in the reference implementation,
     * so that every tensor starts at a multiple of its element size: readers hand out views of the
     * file.
     */
    private static PlannedFiles.Plan plan(
            OutputFolder folder, String name, List<TensorSpec> tensors) {
        List<TensorSpec> ordered = new ArrayList<>(tensors);
        ordered.sort(
                Comparator.comparingInt((TensorSpec tensor) -> tensor.type().blockBytes())
                        .reversed());
        byte[] header = header(ordered);
        List<TensorInfo> places = new ArrayList<>();
        long offset = header.length;
        for (TensorSpec tensor : ordered) {
            places.add(
                    new TensorInfo(
                            tensor.name(),
                            tensor.type(),
                            tensor.shape(),
                            folder.path().resolve(name),
                            offset,
                            tensor.byteLength()));
            offset = Math.addExact(offset, tensor.byteLength());
        }
        return new PlannedFiles.Plan(
                folder.path().resolve(name),
                folder.partial().resolve(name),
                header,
                offset,
                places);
    }

    private static byte[] header(List<TensorSpec> tensors) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        try (JsonGenerator generator = new JsonFactory().createGenerator(json)) {
            generator.writeStartObject();
            generator.writeObjectFieldStart(SafetensorsHeader.METADATA_KEY);
            for (Map.Entry<String, String> entry : METADATA.entrySet()) {
                generator.writeStringField(entry.getKey(), entry.getValue());
            }
            generator.writeEndObject();
            long offset = 0;
            for (TensorSpec tensor : tensors) {
                generator.writeObjectFieldStart(tensor.name());
                generator.writeStringField("dtype", tensor.type().name());
                long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
                generator.writeFieldName("shape");
                generator.writeArray(shape, 0, shape.length);
                long end = Math.addExact(offset, tensor.byteLength());
                generator.writeFieldName("data_offsets");
                generator.writeArray(new long[] {offset, end}, 0, 2);
                generator.writeEndObject();
                offset = end;
            }
            generator.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
        while (json.size() % LENGTH_BYTES != 0) {
            json.write(' ');
        }
        return ByteBuffer.allocate(LENGTH_BYTES + json.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.size())
                .put(json.toByteArray())
                .array();
    }

    private static byte[] index(List<PlannedFiles.Plan> plans) {
        Map<String, String> fileOf = new TreeMap<>();
        long bytes = 0;
        for (PlannedFiles.Plan plan : plans) {
            for (TensorInfo tensor : plan.tensors()) {
                fileOf.put(tensor.name(), plan.path().getFileName().toString());
                bytes += tensor.byteLength();
            }
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putObject("metadata").put("total_size", bytes);
        ObjectNode map = json.putObject(SafetensorsCheckpoint.WEIGHT_MAP);
        fileOf.forEach(map::put);
        return JsonFiles.toBytes(json);
    }

    @Override
    public void finish() {
        complete();
        folder.publish();
    }

    @Override
    public List<OutputFile> outputs() {
        if (outputs == null) {
            outputs = folder.outputs();
        }
        return outputs;
    }

    @Override
    public void close() {
        files().close();
        folder.discard();
    }
}
