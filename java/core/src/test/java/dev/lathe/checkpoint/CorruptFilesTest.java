package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.LatheException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CorruptFilesTest {
    static Stream<CorruptFiles.Case> cases() {
        return CorruptFiles.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void isRefusedInOneClearLine(CorruptFiles.Case broken, @TempDir Path folder) {
        Path path = broken.build(folder);
        LatheException failure =
                assertThrows(
                        LatheException.class,
                        () -> {
                            try (Checkpoint checkpoint = Checkpoint.open(path)) {
                                ModelConfig config = ModelConfig.read(checkpoint);
                                TensorNames.index(checkpoint, config.layers());
                            }
                        });
        assertEquals(broken.failure(), failure.getClass(), failure.getMessage());
        String message = failure.getMessage();
        assertTrue(message.contains(path.toString()), message);
        String rest = message.replace(path.toString(), "");
        for (String word : broken.words()) {
            assertTrue(rest.contains(word), () -> "no '" + word + "' in: " + message);
        }
        assertEquals(1, message.lines().count(), message);
    }

    @Test
    void tableHasEnoughCasesAndNoTwoOfOneName() {
        List<String> names =
                cases().map(broken -> broken.failure() + broken.name() + broken.words()).toList();
        Set<String> distinct = names.stream().collect(Collectors.toSet());
        assertEquals(names.size(), distinct.size());
        assertTrue(names.size() >= 40, names.size() + " cases");
    }
}
