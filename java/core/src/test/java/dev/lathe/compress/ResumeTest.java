package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a kill leaves on the disk, put there again for every tensor boundary of a run, and gone on
 * from. That real kills leave nothing else is the command line's test.
 */
class ResumeTest {
    private static final Path MODELS = Path.of("src/test/resources/golden/logits");

    @TempDir Path folder;
    private Path model = MODELS.resolve("llama-bias/model");
    private Recipe recipe;
    private final List<Map<Path, byte[]>> snapshots = new ArrayList<>();
    private final List<String> order = new ArrayList<>();

    @BeforeEach
    void writeText() throws IOException {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            words.append("word ").append(i * 7919 % 1000).append(", ");
        }
        Path text = Files.writeString(folder.resolve("text.txt"), words);
        recipe =
                Recipe.builder()
                        .sparsity(0.5)
                        .type("Q4_0")
                        .calibration(new CalibrationOptions(text.toString(), 4, 64, 1L))
                        .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.gguf", "out"})
    void goesOnAfterEveryTensor(String name) throws IOException {
        Path output = undisturbed(name);
        Map<Path, byte[]> expected = read(output);
        RunRecord record = null;
        for (int i = 0; i < snapshots.size(); i++) {
            remove(output);
            restore(snapshots.get(i));
            List<String> notices = new ArrayList<>();
            List<String> made = new ArrayList<>();
            record = compression(notices, made).writeTo(output);
            assertSame(expected, output);
            assertEquals(snapshots.size() - i - 1, made.size(), "tensors made again");
            assertTrue(notices.stream().anyMatch(n -> n.contains("going on")), notices.toString());
            assertFalse(Files.exists(Journal.pathFor(output)));
        }
        assertEquals(snapshots.size(), record.tensors().size());
    }

    /**
     * v alone, which is left of a stage after q and k, has so few outputs that what the whole stage
     * makes up for would be summed otherwise. Pruned floats show that where codes would hide it.
     */
    @Test
    void goesOnWithGroupedQueries() throws IOException {
        model = MODELS.resolve("llama-head/model");
        recipe = Recipe.builder().sparsity(0.5).calibration(recipe.calibration()).build();
        goesOnAfterEveryTensor("out.gguf");
    }

    @Test
    void aTornLineAndADamagedTensorAreMadeAgain() throws IOException {
        Path output = undisturbed("out.gguf");
        Map<Path, byte[]> expected = read(output);
        Path journal = Journal.pathFor(output);
        int offset;
        try (Checkpoint checkpoint = Checkpoint.open(output)) {
            offset = (int) checkpoint.tensor(order.get(0)).offset();
        }
        for (String damage : List.of("journal", "partial")) {
            remove(output);
            Map<Path, byte[]> left = new HashMap<>(snapshots.get(snapshots.size() / 2));
            Path file = damage.equals("journal") ? journal : partial(output);
            byte[] bytes = left.get(file).clone();
            if (damage.equals("journal")) {
                bytes = Arrays.copyOf(bytes, bytes.length - 7);
            } else {
                bytes[offset] ^= 1;
            }
            left.put(file, bytes);
            restore(left);
            List<String> made = new ArrayList<>();
            compression(new ArrayList<>(), made).writeTo(output);
            assertSame(expected, output);
            assertEquals(snapshots.size() - snapshots.size() / 2, made.size(), damage);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.gguf", "out"})
    void writesTheRecordThatAKillPrevented(String name) throws IOException {
        Path output = undisturbed(name);
        Map<Path, byte[]> expected = read(output);
        Path journal = Journal.pathFor(output);
        Files.write(journal, snapshots.get(snapshots.size() - 1).get(journal));
        Files.deleteIfExists(RunRecord.pathFor(output, name.equals("out")));
        List<String> made = new ArrayList<>();
        RunRecord record = compression(new ArrayList<>(), made).writeTo(output);
        assertEquals(List.of(), made);
        assertSame(expected, output);
        assertFalse(Files.exists(journal));
        assertEquals(expected.size(), record.outputs().size());
        assertTrue(Files.exists(RunRecord.pathFor(output, name.equals("out"))));
    }

    @Test
    void anOutputThatIsNotTheJournalsIsRefused() throws IOException {
        Path output = undisturbed("out.gguf");
        Path journal = Journal.pathFor(output);
        Files.write(journal, snapshots.get(snapshots.size() - 1).get(journal));
        byte[] bytes = Files.readAllBytes(output);
        bytes[bytes.length - 1] ^= 1;
        Files.write(output, bytes);
        Compression again = compression(new ArrayList<>(), new ArrayList<>());
        UsageException refusal = assertThrows(UsageException.class, () -> again.writeTo(output));
        assertTrue(refusal.getMessage().contains("exists already"), refusal.getMessage());
    }

    @Test
    void anotherRunIsRefusedUntilToldToStartOver() throws IOException {
        Path output = undisturbed("out.gguf");
        Map<Path, byte[]> expected = read(output);
        remove(output);
        Map<Path, byte[]> left = snapshots.get(3);
        restore(left);
        Map<String, Compression> others =
                Map.of(
                        "\"sparsity\":0.5",
                                compressionOf(recipe.toBuilder().sparsity(0.25).build()),
                        "threads was 1, is 2", compressionOf(recipe).threads(2),
                        "\"seed\":1", compressionOf(withSeed(2L)));
        for (Map.Entry<String, Compression> other : others.entrySet()) {
            UsageException refusal =
                    assertThrows(UsageException.class, () -> other.getValue().writeTo(output));
            assertTrue(refusal.getMessage().contains(other.getKey()), refusal.getMessage());
            assertTrue(refusal.getMessage().contains("--restart"), refusal.getMessage());
            for (Map.Entry<Path, byte[]> file : left.entrySet()) {
                assertEquals(
                        Arrays.hashCode(file.getValue()),
                        Arrays.hashCode(Files.readAllBytes(file.getKey())));
            }
        }
        compressionOf(recipe.toBuilder().sparsity(0.25).build()).restart(true).writeTo(output);
        assertEquals(
                0.25,
                compressionOf(recipe.toBuilder().sparsity(0.25).build())
                        .replace(true)
                        .writeTo(output)
                        .sparsity(),
                0.01);
        compression(new ArrayList<>(), new ArrayList<>()).replace(true).writeTo(output);
        assertSame(expected, output);
    }

    private Recipe withSeed(long seed) {
        CalibrationOptions options = recipe.calibration();
        return recipe.toBuilder()
                .calibration(
                        new CalibrationOptions(
                                options.file(), options.sequences(), options.length(), seed))
                .build();
    }

    private Compression compressionOf(Recipe other) {
        return Compression.of(model).recipe(other).threads(1);
    }

    private Compression compression(List<String> notices, List<String> made) {
        return compressionOf(recipe)
                .listener(
                        event -> {
                            if (event instanceof ProgressEvent.Notice notice) {
                                notices.add(notice.message());
                            } else if (event instanceof ProgressEvent.TensorFinished finished) {
                                made.add(finished.tensor().name());
                            }
                        });
    }

    /** Runs to the end; keeps what lies beside the output after each tensor. */
    private Path undisturbed(String name) {
        Path output = folder.resolve(name);
        compressionOf(recipe)
                .listener(
                        event -> {
                            if (event instanceof ProgressEvent.TensorFinished finished) {
                                order.add(finished.tensor().name());
                                snapshots.add(snapshot(output));
                            }
                        })
                .writeTo(output);
        return output;
    }

    private Map<Path, byte[]> snapshot(Path output) {
        try {
            Map<Path, byte[]> files = new HashMap<>(read(partial(output)));
            Path journal = Journal.pathFor(output);
            files.put(journal, Files.readAllBytes(journal));
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path partial(Path output) {
        return output.resolveSibling(output.getFileName() + ".partial");
    }

    private static void restore(Map<Path, byte[]> files) throws IOException {
        for (Map.Entry<Path, byte[]> file : files.entrySet()) {
            Files.createDirectories(file.getKey().getParent());
            Files.write(file.getKey(), file.getValue());
        }
    }

    private static void remove(Path output) throws IOException {
        for (Path file : files(output)) {
            Files.delete(file);
        }
        Files.deleteIfExists(output);
    }

    private static void assertSame(Map<Path, byte[]> expected, Path output) throws IOException {
        Map<Path, byte[]> found = read(output);
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach(
                (file, bytes) ->
                        assertTrue(Arrays.equals(bytes, found.get(file)), file.toString()));
    }

    /** The bytes of a file, or of all files in a folder but the record, which tells the time. */
    private static Map<Path, byte[]> read(Path output) throws IOException {
        Map<Path, byte[]> contents = new HashMap<>();
        for (Path file : files(output)) {
            if (!file.endsWith("lathe.json")) {
                contents.put(file, Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private static List<Path> files(Path output) throws IOException {
        if (!Files.isDirectory(output)) {
            return Files.exists(output) ? List.of(output) : List.of();
        }
        try (Stream<Path> entries = Files.list(output)) {
            return entries.toList();
        }
    }
}
