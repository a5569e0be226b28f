package dev.lathe.eval.engines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnginesTest {
    private static final EngineOptions OPTIONS = EngineOptions.withContext(64);

    @ParameterizedTest
    @ValueSource(strings = {"vllm", "", "ftp://host", "localhost:8080", "http://", "http:// host"})
    void otherNamesAreMistakes(String name) {
        UsageException mistake =
                assertThrows(UsageException.class, () -> Engines.open(name, null, OPTIONS));
        assertTrue(mistake.getMessage().contains("'" + name + "'"), mistake.getMessage());
    }

    @Test
    void theEmbeddedEngineNeedsAFile() {
        assertThrows(UsageException.class, () -> Engines.open("embedded", null, OPTIONS));
        assertThrows(
                UsageException.class,
                () -> Engines.open("embedded", Path.of("no such file.gguf"), OPTIONS));
    }

    @Test
    void aServerThatIsNotThereIsUnreachable() {
        // Port 9 is for discarding, and nobody listens there.
        EngineException failure =
                assertThrows(
                        EngineException.class,
                        () -> Engines.open("http://127.0.0.1:9", null, OPTIONS));
        assertEquals(EngineException.Kind.UNREACHABLE, failure.kind());
    }

    @Test
    void optionsAreChecked() {
        assertThrows(UsageException.class, () -> EngineOptions.withContext(0));
        assertThrows(UsageException.class, () -> OPTIONS.withConcurrency(-1));
        assertThrows(UsageException.class, () -> OPTIONS.withThreads(-1));
        assertThrows(UsageException.class, () -> OPTIONS.withStall(Duration.ZERO));
    }
}
