package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.DataException;
import dev.lathe.checkpoint.CorruptFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input gets one line, an exit status, and leaves nothing behind. */
class BadInputTest {
    @TempDir Path folder;

    static Stream<BadInputs.Case> mistakes() {
        return Stream.of(BadInputs.all(), EvaluationMistakes.all()).flatMap(List::stream);
    }

    static Stream<CorruptFiles.Case> corruptFiles() {
        return CorruptFiles.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void mistakeGetsOneLine(BadInputs.Case mistake) throws IOException {
        List<Object> command = mistake.command().in(folder);
        Map<Path, Long> before = entries();
        CommandRun run = CommandRun.of(command.toArray());
        assertOneLine(run, mistake.status());
        for (String word : mistake.words()) {
            assertTrue(run.err().contains(word), () -> "no " + word + " in: " + run.err());
        }
        assertEquals(before, entries());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("corruptFiles")
    void brokenCheckpointGetsOneLine(CorruptFiles.Case broken) throws IOException {
        Path source = Files.createDirectory(folder.resolve("source"));
        Path model = broken.build(source);
        Map<Path, Long> before = entries();
        int status =
                DataException.class.isAssignableFrom(broken.failure()) ? Main.BAD_DATA : Main.USAGE;
        for (String output : List.of("out.gguf", "out")) {
            CommandRun run = CommandRun.of("compress", model, "-o", folder.resolve(output));
            assertOneLine(run, status);
            assertTrue(run.err().contains(model.toString()), run.err());
            for (String word : broken.words()) {
                assertTrue(run.err().contains(word), () -> "no " + word + " in: " + run.err());
            }
        }
        assertOneLine(CommandRun.of("inspect", model), status);
        assertEquals(before, entries());
    }

    @Test
    void tableIsLargeEnough() {
        assertTrue(mistakes().count() >= 40);
        assertEquals(mistakes().count(), mistakes().map(BadInputs.Case::name).distinct().count());
    }

    private static void assertOneLine(CommandRun run, int status) {
        assertEquals(status, run.status(), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertTrue(run.err().startsWith("lathe: "), run.err());
        assertEquals("", run.out());
    }

    /** Everything in the folder, with its size. */
    private Map<Path, Long> entries() throws IOException {
        Map<Path, Long> sizes = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.toList()) {
                sizes.put(path, Files.isDirectory(path) ? -1 : Files.size(path));
            }
        }
        return sizes;
    }
}
