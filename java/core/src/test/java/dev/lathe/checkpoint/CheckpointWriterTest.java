package dev.lathe.checkpoint;

import static dev.lathe.checkpoint.WriterFiles.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What both writers promise: one output or none, in any order of writing, and resumption. */
class CheckpointWriterTest {
    private static final GgufMetadata METADATA =
            GgufMetadata.builder().putString("general.architecture", "llama").build();
    private static final Map<String, byte[]> SIDE_FILES =
            Map.of("config.json", "{}".getBytes(StandardCharsets.UTF_8));

    @TempDir Path folder;

    private static List<TensorSpec> tensors() {
        List<TensorSpec> tensors = new ArrayList<>(WriterFiles.mixed());
        tensors.add(spec("large", DType.F32, 1000, 700));
        return tensors;
    }

    private Path output(Format format) {
        return folder.resolve(format == Format.GGUF ? "out.gguf" : "out");
    }

    private Path partial(Format format) {
        return folder.resolve(output(format).getFileName() + ".partial");
    }

    private CheckpointWriter open(Format format, WriteOptions options) {
        return open(format, tensors(), options);
    }

    private CheckpointWriter open(Format format, List<TensorSpec> tensors, WriteOptions options) {
        return format == Format.GGUF
                ? GgufWriter.create(output(format), METADATA, tensors, options)
                : SafetensorsWriter.create(
                        output(format),
                        tensors,
                        SIDE_FILES,
                        options.withMaximumShardBytes(1_000_000));
    }

    private Map<String, String> undisturbed(Format format) {
        try (CheckpointWriter writer = open(format, WriteOptions.defaults().withReplace(true))) {
            WriterFiles.writeAll(writer);
            writer.finish();
            return checksums(writer);
        }
    }

    private static Map<String, String> checksums(CheckpointWriter writer) {
        Map<String, String> sums = new TreeMap<>();
        writer.outputs()
                .forEach(file -> sums.put(file.path().getFileName().toString(), file.sha256()));
        return sums;
    }

    private List<String> leftovers() throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @EnumSource
    void orderAndSizeOfPiecesDoNotMatter(Format format) throws IOException {
        final Map<String, String> expected = undisturbed(format);
        Random random = new Random(1);
        try (CheckpointWriter writer = open(format, WriteOptions.defaults().withReplace(true))) {
            List<TensorInfo> order = new ArrayList<>(writer.tensors());
            Collections.shuffle(order, random);
            for (TensorInfo tensor : order) {
                writeInPieces(writer, tensor, random);
            }
            writer.finish();
            assertEquals(expected, checksums(writer));
        }
        assertEquals(List.of(output(format).getFileName().toString()), leftovers());
    }

    private static void writeInPieces(CheckpointWriter writer, TensorInfo tensor, Random random) {
        byte[] bytes = WriterFiles.bytes(tensor);
        List<int[]> pieces = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            int count = Math.min(bytes.length - at, 1 + random.nextInt(1 + bytes.length / 3));
            pieces.add(new int[] {at, count});
            at += count;
        }
        Collections.shuffle(pieces, random);
        for (int[] piece : pieces) {
            writer.write(tensor, piece[0], ByteBuffer.wrap(bytes, piece[0], piece[1]));
        }
    }

    @ParameterizedTest
    @EnumSource
    void closingBeforeTheEndLeavesNothing(Format format) throws IOException {
        try (CheckpointWriter writer = open(format, WriteOptions.defaults())) {
            WriterFiles.writeAll(writer);
            assertTrue(Files.exists(partial(format)));
            assertFalse(Files.exists(output(format)));
        }
        assertEquals(List.of(), leftovers());
    }

    @ParameterizedTest
    @EnumSource
    void missingBytesAreNoticed(Format format) throws IOException {
        try (CheckpointWriter writer = open(format, WriteOptions.defaults())) {
            for (TensorInfo tensor : writer.tensors()) {
                int skipped = tensor.name().equals("large") ? 1 : 0;
                byte[] bytes = WriterFiles.bytes(tensor);
                writer.write(tensor, 0, ByteBuffer.wrap(bytes, 0, bytes.length - skipped));
            }
            IllegalStateException failure =
                    assertThrows(IllegalStateException.class, writer::finish);
            assertTrue(failure.getMessage().contains("'large'"), failure.getMessage());
            assertTrue(failure.getMessage().contains("byte 2799999"), failure.getMessage());
            assertThrows(IllegalStateException.class, writer::outputs);
        }
        assertEquals(List.of(), leftovers());
    }

    @ParameterizedTest
    @EnumSource
    void stoppedRunIsResumedAndEndsWithTheSameBytes(Format format) {
        final Map<String, String> expected = undisturbed(format);
        WriteOptions options =
                WriteOptions.defaults().withReplace(true).withResume(true).withKeepPartial(true);
        try (CheckpointWriter writer = open(format, options)) {
            assertFalse(writer.resumed());
            TensorInfo done = writer.tensor("large");
            writer.write(done, 0, ByteBuffer.wrap(WriterFiles.bytes(done)));
            assertThrows(IllegalStateException.class, () -> writer.markWritten(done));
            writer.force();
        }
        try (CheckpointWriter writer = open(format, options)) {
            assertTrue(writer.resumed());
            TensorInfo done = writer.tensor("large");
            ByteBuffer found = ByteBuffer.allocate((int) done.byteLength());
            writer.read(done, 0, found);
            assertArrayEquals(WriterFiles.bytes(done), found.array());
            writer.markWritten(done);
            for (TensorInfo tensor : writer.tensors()) {
                if (!tensor.equals(done)) {
                    writer.write(tensor, 0, ByteBuffer.wrap(WriterFiles.bytes(tensor)));
                }
            }
            writer.finish();
            assertEquals(expected, checksums(writer));
        }
    }

    @ParameterizedTest
    @EnumSource
    void runThatWasStoppedWhileItMadeItsFilesBeginsAnew(Format format) throws IOException {
        WriteOptions options = WriteOptions.defaults().withResume(true).withKeepPartial(true);
        open(format, options).close();
        Path file =
                format == Format.GGUF
                        ? partial(format)
                        : partial(format).resolve("model-00001-of-00002.safetensors");
        for (int size : new int[] {0, 5, 100}) {
            try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
                channel.truncate(size);
            }
            try (CheckpointWriter writer = open(format, options)) {
                assertEquals(format == Format.SAFETENSORS, writer.resumed());
                WriterFiles.writeAll(writer);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void partialOutputOfAnotherLayoutIsNotResumed(Format format) throws IOException {
        WriteOptions options = WriteOptions.defaults().withResume(true).withKeepPartial(true);
        open(format, options).close();
        List<TensorSpec> others = new ArrayList<>(tensors());
        others.set(0, spec("vector", DType.BF16, 7));
        DataException failure =
                assertThrows(DataException.class, () -> open(format, others, options));
        assertTrue(failure.getMessage().contains("cannot be resumed"), failure.getMessage());
        assertTrue(failure.getMessage().contains(partial(format).toString()));
        // What is there may still be of use to the run that made it.
        open(format, options).close();
        try (CheckpointWriter writer =
                open(format, others, WriteOptions.defaults().withResume(false))) {
            assertFalse(writer.resumed());
        }
    }

    @ParameterizedTest
    @EnumSource
    void existingOutputIsReplacedOnlyWhenToldAndOnlyAtTheEnd(Format format) throws IOException {
        Map<String, String> before = undisturbed(format);
        UsageException failure =
                assertThrows(UsageException.class, () -> open(format, WriteOptions.defaults()));
        assertTrue(failure.getMessage().contains("exists already"), failure.getMessage());
        List<TensorSpec> one = List.of(spec("one", DType.F32, 2));
        WriteOptions replace = WriteOptions.defaults().withReplace(true);
        try (CheckpointWriter writer = open(format, one, replace)) {
            WriterFiles.writeAll(writer);
            assertEquals(tensors().size(), tensorsOf(output(format)));
        }
        assertEquals(tensors().size(), tensorsOf(output(format)));
        try (CheckpointWriter writer = open(format, one, replace)) {
            WriterFiles.writeAll(writer);
            writer.finish();
            assertFalse(before.equals(checksums(writer)));
        }
        assertEquals(1, tensorsOf(output(format)));
        assertEquals(List.of(output(format).getFileName().toString()), leftovers());
    }

    private static int tensorsOf(Path path) {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            return checkpoint.tensors().size();
        }
    }

    @ParameterizedTest
    @EnumSource
    void placesThatCannotBeWrittenAreNamed(Format format) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        for (Path parent : List.of(folder.resolve("absent"), file)) {
            Path target = parent.resolve("out");
            UsageException failure =
                    assertThrows(UsageException.class, () -> create(format, target));
            assertTrue(failure.getMessage().contains(target.toString()), failure.getMessage());
            assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
        }
        Files.createDirectory(folder.resolve("taken"));
        Files.writeString(folder.resolve("taken/letter.txt"), "keep me");
        Path taken = folder.resolve("taken");
        WriteOptions replace = WriteOptions.defaults().withReplace(true);
        assertThrows(
                UsageException.class,
                () ->
                        (format == Format.GGUF
                                        ? GgufWriter.create(taken, METADATA, tensors(), replace)
                                        : SafetensorsWriter.create(
                                                taken, tensors(), SIDE_FILES, replace))
                                .close());
        assertEquals("keep me", Files.readString(taken.resolve("letter.txt")));
        assertEquals(List.of("file", "taken"), leftovers());
    }

    private static CheckpointWriter create(Format format, Path target) {
        WriteOptions options = WriteOptions.defaults();
        return format == Format.GGUF
                ? GgufWriter.create(target, METADATA, tensors(), options)
                : SafetensorsWriter.create(target, tensors(), SIDE_FILES, options);
    }

    @ParameterizedTest
    @EnumSource
    void secondWriterIsKeptOutAndDoesNoHarm(Format format) {
        Map<String, String> expected = undisturbed(format);
        WriteOptions options = WriteOptions.defaults().withReplace(true);
        try (CheckpointWriter writer = open(format, options)) {
            UsageException failure =
                    assertThrows(UsageException.class, () -> open(format, options));
            assertTrue(failure.getMessage().contains("being written"), failure.getMessage());
            WriterFiles.writeAll(writer);
            writer.finish();
            assertEquals(expected, checksums(writer));
        }
    }

    @ParameterizedTest
    @EnumSource
    void bytesOutsideATensorAreRefused(Format format) {
        try (CheckpointWriter writer = open(format, WriteOptions.defaults())) {
            TensorInfo matrix = writer.tensor("matrix");
            ByteBuffer bytes = ByteBuffer.allocate(61);
            assertThrows(IllegalArgumentException.class, () -> writer.write(matrix, 0, bytes));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> writer.write(matrix, -1, bytes.duplicate().limit(1)));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> writer.write(matrix, 57, bytes.duplicate().limit(4)));
            assertThrows(IllegalArgumentException.class, () -> writer.tensor("absent"));
        }
    }
}
