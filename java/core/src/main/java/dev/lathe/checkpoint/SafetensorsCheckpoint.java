package dev.lathe.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Tensors in one safetensors file, or in several with an index; usually in a Hugging Face folder.
 */
public final class SafetensorsCheckpoint extends StoredCheckpoint {
    static final String SINGLE_FILE = "model.safetensors";
    static final String INDEX_FILE = "model.safetensors.index.json";
    static final String CONFIG_FILE = "config.json";
    static final String WEIGHT_MAP = "weight_map";

    private static final List<String> SIDE_FILES =
            List.of(
                    "tokenizer.json",
                    "tokenizer_config.json",
                    "tokenizer.model",
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "vocab.json",
                    "merges.txt",
                    "chat_template.jinja",
                    "chat_template.json",
                    "generation_config.json");

    private final Path folder;
    private final Map<String, String> metadata;

    private SafetensorsCheckpoint(
            Path path, Path folder, Map<String, String> metadata, TensorStore store) {
        super(path, Format.SAFETENSORS, store);
        this.folder = folder;
        this.metadata = metadata;
    }

    /**
     * Opens a Hugging Face folder: {@code config.json} and either one safetensors file or an index
     * of several.
     *
     * @param folder the folder
     * @return the open checkpoint
     * @throws UsageException if the folder is no model folder
     * @throws DataException if a file in it is broken or missing
     */
    public static SafetensorsCheckpoint openFolder(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new UsageException(folder + " is no folder");
        }
        if (!Files.isRegularFile(folder.resolve(CONFIG_FILE))) {
            throw new UsageException(folder + " is no model folder: it has no " + CONFIG_FILE);
        }
        Path single = folder.resolve(SINGLE_FILE);
        if (Files.isRegularFile(single)) {
            return openShards(folder, folder, List.of(single), null);
        }
        Path index = folder.resolve(INDEX_FILE);
        if (Files.isRegularFile(index)) {
            return openIndexed(folder, folder, index);
        }
        return openShards(folder, folder, List.of(onlySafetensorsFile(folder)), null);
    }

    private static Path onlySafetensorsFile(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> files =
                    entries.filter(entry -> entry.toString().endsWith(".safetensors"))
                            .sorted()
                            .toList();
            if (files.size() == 1) {
                return files.get(0);
            }
            throw new UsageException(
                    String.format(
                            "%s holds neither %s nor %s, and %d other safetensors files; exactly"
                                    + " one of these was expected (pickled weights are not read)",
                            folder, SINGLE_FILE, INDEX_FILE, files.size()));
        } catch (IOException e) {
            throw new UsageException(folder + " cannot be listed: " + e.getMessage(), e);
        }
    }

    /**
     * Opens one safetensors file.
     *
     * @param file the file
     * @return the open checkpoint
     * @throws UsageException if there is no such file
     * @throws DataException if the file is broken
     */
    public static SafetensorsCheckpoint openFile(Path file) {
        return openShards(file, folderOf(file), List.of(file), null);
    }

    /**
     * Opens the shards that an index names.
     *
     * @param index the index, usually {@code model.safetensors.index.json}
     * @return the open checkpoint
     * @throws UsageException if there is no such file
     * @throws DataException if the index or a shard is broken or missing
     */
    public static SafetensorsCheckpoint openIndex(Path index) {
        return openIndexed(index, folderOf(index), index);
    }

    private static Path folderOf(Path file) {
        return file.toAbsolutePath().getParent();
    }

    private static SafetensorsCheckpoint openIndexed(Path path, Path folder, Path index) {
        ObjectNode json = JsonFiles.readObject(index);
        JsonNode weightMap = json.get(WEIGHT_MAP);
        if (weightMap == null || !weightMap.isObject()) {
            throw new DataException(index + " has no object '" + WEIGHT_MAP + "'");
        }
        Map<String, String> shardOf = new LinkedHashMap<>();
        Map<String, Path> shards = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
            String shard = entry.getValue().textValue();
            requireFileName(index, entry.getKey(), shard);
            shardOf.put(entry.getKey(), shard);
            shards.computeIfAbsent(shard, folder::resolve);
        }
        for (Path shard : shards.values()) {
            if (!Files.exists(shard)) {
                throw new DataException(index + ": missing shard " + shard);
            }
        }
        SafetensorsCheckpoint checkpoint =
                openShards(path, folder, List.copyOf(shards.values()), shardOf);
        for (Map.Entry<String, String> entry : shardOf.entrySet()) {
            if (checkpoint.find(entry.getKey()).isEmpty()) {
                checkpoint.close();
                throw new DataException(
                        String.format(
                                "%s: tensor '%s' is not in shard %s",
                                index, Printable.of(entry.getKey()), shards.get(entry.getValue())));
            }
        }
        return checkpoint;
    }

    /** An index may come from anywhere: it must not lead out of its folder. */
    private static void requireFileName(Path index, String tensor, String shard) {
        boolean plain =
                shard != null
                        && !shard.isEmpty()
                        && shard.indexOf('/') < 0
                        && shard.indexOf('\\') < 0
                        && Printable.isPlain(shard)
                        && !shard.equals(".")
                        && !shard.equals("..");
        if (!plain) {
            throw new DataException(
                    String.format(
                            "%s: tensor '%s' is mapped to '%s', expected the name of a file beside"
                                    + " it",
                            index, Printable.of(tensor), Printable.of(String.valueOf(shard))));
        }
    }

    /**
     * Opens files; with an index, a tensor counts only in the shard that the index names for it.
     */
    private static SafetensorsCheckpoint openShards(
            Path path, Path folder, List<Path> shards, Map<String, String> shardOf) {
        Map<Path, ReadChannel> channels = new LinkedHashMap<>();
        try {
            List<TensorInfo> tensors = new ArrayList<>();
            Map<String, String> metadata = new TreeMap<>();
            for (Path shard : shards) {
                ReadChannel channel = ReadChannel.open(shard);
                channels.put(shard, channel);
                SafetensorsHeader header = SafetensorsHeader.read(channel);
                header.metadata().forEach(metadata::putIfAbsent);
                String shardName = shard.getFileName().toString();
                for (TensorInfo tensor : header.tensors()) {
                    if (shardOf == null || shardName.equals(shardOf.get(tensor.name()))) {
                        tensors.add(tensor);
                    }
                }
            }
            return new SafetensorsCheckpoint(
                    path,
                    folder,
                    Collections.unmodifiableMap(metadata),
                    new TensorStore(path, tensors, channels));
        } catch (RuntimeException e) {
            TensorStore.closeAll(channels.values());
            throw e;
        }
    }

    /**
     * Returns the folder in which the files lie, where {@code config.json} and {@code
     * tokenizer.json} are looked for.
     *
     * @return the folder
     */
    public Path folder() {
        return folder;
    }

    /**
     * Reads the model's configuration.
     *
     * @return the content of {@code config.json}
     * @throws UsageException if there is none beside the tensors
     * @throws DataException if it is broken
     */
    public ObjectNode config() {
        return JsonFiles.readObject(folder.resolve(CONFIG_FILE));
    }

    /**
     * Reads the files that belong to the tokenizer and to generation, so that they can be written
     * beside compressed tensors as they are.
     *
     * @return content by name; config.json is not among them
     * @throws DataException if one cannot be read or is larger than 64 MB
     */
    public Map<String, byte[]> sideFiles() {
        Map<String, byte[]> files = new TreeMap<>();
        for (String name : SIDE_FILES) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) {
                files.put(name, JsonFiles.readBounded(file));
            }
        }
        return files;
    }

    /**
     * Returns the strings of {@code __metadata__}; of shards, the first that has a key counts.
     *
     * @return unmodifiable map
     */
    public Map<String, String> metadata() {
        return metadata;
    }
}
