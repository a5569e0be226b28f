package dev.lathe.cli;

import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Copies of the small models, to be broken. */
final class ModelCopy {
    private ModelCopy() {}

    /** Copies one of {@link CommandRun#MODELS} into a folder of its name. */
    static Path of(String name, Path parent) throws IOException {
        Path copy = Files.createDirectory(parent.resolve(name));
        List<Path> files;
        try (Stream<Path> entries = Files.list(CommandRun.model(name))) {
            files = entries.toList();
        }
        for (Path file : files) {
            Files.copy(file, copy.resolve(file.getFileName()));
        }
        return copy;
    }

    /** Sets bytes of a tensor, whatever its type makes of them. */
    static void overwrite(Path model, String tensor, int offset, byte... bytes) throws IOException {
        TensorInfo info;
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            info = checkpoint.tensor(tensor);
        }
        try (FileChannel file = FileChannel.open(info.file(), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(bytes), info.offset() + offset);
        }
    }

    /** Replaces text in one of the model's files. */
    static void edit(Path model, String file, String old, String replacement) throws IOException {
        Path path = model.resolve(file);
        String text = Files.readString(path);
        if (!text.contains(old)) {
            throw new IllegalArgumentException(path + " does not contain " + old);
        }
        Files.writeString(path, text.replace(old, replacement));
    }

    /** Cuts the end of a file off. */
    static void truncate(Path file, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - bytes);
        }
    }
}
