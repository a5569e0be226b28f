package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.UsageException;
import dev.lathe.device.DType;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartialFileTest {
    @TempDir Path folder;

    /** The device that is always full gives the error of a full disk on the first write. */
    @Test
    void fullDiskIsOneClearLine() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "there is no /dev/full");
        FileChannel channel = FileChannel.open(full, StandardOpenOption.WRITE);
        try (PartialFile file = new PartialFile(full, channel, false)) {
            UsageException failure =
                    assertThrows(
                            UsageException.class, () -> file.write(0, ByteBuffer.allocate(4096)));
            String message = failure.getMessage();
            assertTrue(message.contains("/dev/full cannot be written"), message);
            assertTrue(message.contains("No space left on device"), message);
            assertTrue(message.contains("bytes are free"), message);
        }
    }

    /**
     * A file that may not grow past 64 KiB stops the output at its start; nothing may stay behind.
     */
    @Test
    void outputThatDoesNotFitLeavesNothing() throws IOException, InterruptedException {
        Path shell = Path.of("/bin/bash");
        assumeTrue(Files.isExecutable(shell), "there is no /bin/bash");
        Path output = folder.resolve("out.gguf");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        // The native libraries are larger than the limit: this process unpacks them for the other.
        assertEquals(4, DType.F32.blockBytes());
        String cache = "org.bytedeco.javacpp.cachedir";
        ProcessBuilder builder =
                new ProcessBuilder(
                        shell.toString(),
                        "-c",
                        "ulimit -f 64; exec \"$@\"",
                        "limited",
                        java,
                        // Its shared statistics and its dumps would pass the limit too.
                        "-XX:-UsePerfData",
                        "-D" + cache + "=" + System.getProperty(cache, defaultCache()),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LimitedWrite.class.getName(),
                        output.toString());
        builder.redirectErrorStream(true);
        Process process = builder.start();
        byte[] printed = process.getInputStream().readAllBytes();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        String message = new String(printed, StandardCharsets.UTF_8);
        assertEquals(0, process.exitValue(), message);
        assertTrue(message.contains("out.gguf.partial cannot be written"), message);
        try (var entries = Files.list(folder)) {
            assertEquals(List.of(), entries.toList());
        }
    }

    private static String defaultCache() {
        return Path.of(System.getProperty("user.home"), ".javacpp", "cache").toString();
    }

    /** Runs in the limited process. */
    static final class LimitedWrite {
        private LimitedWrite() {}

        public static void main(String[] arguments) {
            TensorSpec tensor = WriterFiles.spec("w", DType.F32, 1 << 20);
            UsageException failure =
                    assertThrows(
                            UsageException.class,
                            () ->
                                    GgufWriter.create(
                                            new File(arguments[0]).toPath(),
                                            GgufMetadata.builder().build(),
                                            List.of(tensor),
                                            WriteOptions.defaults()));
            System.out.println(failure.getMessage());
        }
    }

    @Test
    void roomIsCheckedBeforeTheFirstByte() {
        PlannedFiles.requireRoom(folder, 10, 10);
        UsageException failure =
                assertThrows(UsageException.class, () -> PlannedFiles.requireRoom(folder, 11, 10));
        assertTrue(
                failure.getMessage().contains("11 bytes are needed, 10 are free"),
                failure.getMessage());
        assertTrue(failure.getMessage().contains(folder.toString()), failure.getMessage());
        TensorSpec petabytes = WriterFiles.spec("w", DType.F32, 1L << 50);
        assertThrows(
                UsageException.class,
                () ->
                        GgufWriter.create(
                                folder.resolve("out.gguf"),
                                GgufMetadata.builder().build(),
                                List.of(petabytes),
                                WriteOptions.defaults()));
    }

    @Test
    void linkInThePlaceOfThePartialFileIsNotFollowed() throws IOException {
        Path victim = Files.writeString(folder.resolve("victim"), "keep me");
        Path link = Files.createSymbolicLink(folder.resolve("link"), victim);
        assertThrows(UsageException.class, () -> PartialFile.open(link, new byte[4], 4, false));
        assertEquals("keep me", Files.readString(victim));
    }

    @Test
    void runsOfWrittenBytesJoin() {
        WrittenBytes written = new WrittenBytes();
        assertEquals(0, written.firstMissing(10));
        written.add(4, 6);
        written.add(0, 2);
        assertEquals(2, written.firstMissing(10));
        written.add(8, 10);
        written.add(2, 4);
        assertEquals(6, written.firstMissing(10));
        written.add(5, 9);
        assertEquals(10, written.firstMissing(10));
        written.add(3, 3);
        assertEquals(10, written.firstMissing(10));
        assertEquals(0, new WrittenBytes().firstMissing(0));
    }

    @Test
    void heapAndDirectMemoryLargerThanOneTransferArrive() throws IOException {
        byte[] bytes = new byte[(3 << 20) + 17];
        new Random(2).nextBytes(bytes);
        Path path = folder.resolve("large");
        try (PartialFile file = PartialFile.open(path, new byte[3], 3 + bytes.length, false)) {
            file.write(3, ByteBuffer.wrap(bytes));
        }
        byte[] found = Files.readAllBytes(path);
        assertArrayEquals(bytes, Arrays.copyOfRange(found, 3, found.length));
        ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length);
        try (ReadChannel channel = ReadChannel.open(path)) {
            channel.read(direct, 3, "all");
        }
        assertEquals(ByteBuffer.wrap(bytes), direct.flip());
    }
}
