package dev.lathe.eval.engines.embedded;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.eval.JavaProcess;
import dev.lathe.eval.engines.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Children end with a parent that had no time to end them. */
class KilledParentTest {
    private static final long PATIENCE_MILLISECONDS = 60_000;

    @TempDir Path folder;

    @Test
    void noChildOutlivesAKilledParent() throws Exception {
        Path model = SmallModel.write("llama-tied", folder);
        Path list = folder.resolve("children");
        Path log = folder.resolve("log");
        Process parent =
                JavaProcess.start(
                        "256m", EngineHolder.class, log, model.toString(), list.toString());
        try {
            long end = System.currentTimeMillis() + PATIENCE_MILLISECONDS;
            while (Files.notExists(list) && System.currentTimeMillis() < end) {
                Thread.sleep(50);
            }
            assertTrue(Files.exists(list), () -> "no children: " + text(log));
        } finally {
            parent.destroyForcibly().waitFor();
        }
        List<String> children = Files.readAllLines(list);
        assertFalse(children.isEmpty());
        for (String child : children) {
            Optional<ProcessHandle> left = ProcessHandle.of(Long.parseLong(child));
            if (left.isPresent()) {
                left.get().onExit().get(PATIENCE_MILLISECONDS, TimeUnit.MILLISECONDS);
            }
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
