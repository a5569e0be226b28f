package dev.lathe.checkpoint;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A GGUF file, or a model split into several ({@code name-00001-of-00003.gguf} and so on), of which
 * the first is opened.
 */
public final class GgufCheckpoint extends StoredCheckpoint {
    private static final String SPLIT_INDEX = "split.no";
    private static final String SPLIT_COUNT = "split.count";
    private static final String SPLIT_TENSORS = "split.tensors.count";
    private static final Pattern SPLIT_NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

    private final GgufMetadata metadata;

    private GgufCheckpoint(Path path, GgufMetadata metadata, TensorStore store) {
        super(path, Format.GGUF, store);
        this.metadata = metadata;
    }

    /**
     * Opens a GGUF file and, where it is the first of a split, those that follow it.
     *
     * @param path the file
     * @return the open checkpoint
     * @throws UsageException if the file is missing or is a later part of a split
     * @throws DataException if the file is broken or a part is missing
     */
    public static GgufCheckpoint open(Path path) {
        Map<Path, ReadChannel> channels = new LinkedHashMap<>();
        try {
            GgufHeader first = openPart(path, channels);
            List<TensorInfo> tensors = new ArrayList<>(first.tensors());
            long parts = first.metadata().findInteger(SPLIT_COUNT).orElse(1L);
            GgufMetadata metadata = first.metadata();
            if (parts > 1) {
                openOtherParts(path, first, parts, channels, tensors);
                metadata =
                        metadata.toBuilder()
                                .remove(SPLIT_INDEX, SPLIT_COUNT, SPLIT_TENSORS)
                                .build();
            }
            return new GgufCheckpoint(path, metadata, new TensorStore(path, tensors, channels));
        } catch (RuntimeException e) {
            TensorStore.closeAll(channels.values());
            throw e;
        }
    }

    private static GgufHeader openPart(Path path, Map<Path, ReadChannel> channels) {
        ReadChannel channel = ReadChannel.open(path);
        channels.put(path, channel);
        return GgufReader.read(channel);
    }

    private static void openOtherParts(
            Path path,
            GgufHeader first,
            long parts,
            Map<Path, ReadChannel> channels,
            List<TensorInfo> tensors) {
        long index = first.metadata().integer(SPLIT_INDEX);
        Matcher name = SPLIT_NAME.matcher(path.getFileName().toString());
        if (!name.matches() || Long.parseLong(name.group(3)) != parts) {
            throw new DataException(
                    String.format(
                            "%s is part of a split of %d files; the name of the first must end in"
                                    + " -00001-of-%05d.gguf",
                            path, parts, parts));
        }
        if (index != 0 || Long.parseLong(name.group(2)) != 1) {
            throw new UsageException(
                    String.format(
                            "%s is not the first part of a split: open %s-00001-of-%05d.gguf",
                            path, name.group(1), parts));
        }
        for (int i = 1; i < parts; i++) {
            Path part =
                    path.resolveSibling(
                            String.format("%s-%05d-of-%05d.gguf", name.group(1), i + 1, parts));
            if (!Files.exists(part)) {
                throw new DataException(
                        String.format(
                                "%s: part %d of %d is missing: %s", path, i + 1, parts, part));
            }
            GgufHeader header = openPart(part, channels);
            long found = header.metadata().integer(SPLIT_INDEX);
            if (found != i || header.metadata().integer(SPLIT_COUNT) != parts) {
                throw new DataException(
                        String.format(
                                "%s: metadata key '%s' is %d, expected %d of %d",
                                part, SPLIT_INDEX, found, i, parts));
            }
            tensors.addAll(header.tensors());
        }
        long expected = first.metadata().findInteger(SPLIT_TENSORS).orElse((long) tensors.size());
        if (expected != tensors.size()) {
            throw new DataException(
                    String.format(
                            "%s: metadata key '%s' is %d, the parts hold %d tensors",
                            path, SPLIT_TENSORS, expected, tensors.size()));
        }
    }

    /**
     * Returns the metadata; of a split, those of the first part without the keys that describe the
     * split.
     *
     * @return all keys in the order of the file
     */
    public GgufMetadata metadata() {
        return metadata;
    }
}
