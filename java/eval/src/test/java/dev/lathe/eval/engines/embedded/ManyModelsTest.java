package dev.lathe.eval.engines.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.compress.Recipe;
import dev.lathe.eval.JavaProcess;
import dev.lathe.eval.TinyReasoner;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Evaluating many models one after the other leaves nothing behind of any. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "reads /proc")
class ManyModelsTest {
    private static final int MODELS = 10;

    /** By then classes are loaded, the heap is touched and pools have their threads. */
    private static final int WARM = 3;

    @TempDir Path folder;

    /**
     * What a process has after a model's evaluation.
     *
     * @param kibibytes resident memory
     */
    private record State(
            int answers,
            int childrenAsking,
            int childrenAfter,
            int kibibytes,
            int threads,
            int files) {
        static State of(String line) {
            int[] numbers = Arrays.stream(line.split(" ")).mapToInt(Integer::parseInt).toArray();
            return new State(
                    numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
        }
    }

    @Test
    void memoryAndProcessesStayFlat() throws Exception {
        Path model = TinyReasoner.compress(Recipe.EMPTY, folder.resolve("model.gguf"));
        Path output = folder.resolve("output");
        Process process =
                JavaProcess.start(
                        "48m",
                        ManyModels.class,
                        output,
                        model.toString(),
                        folder.resolve("run").toString(),
                        Integer.toString(MODELS));
        try {
            assertTrue(process.waitFor(400, TimeUnit.SECONDS), "no end");
        } finally {
            process.destroyForcibly();
        }
        String printed = Files.readString(output);
        assertEquals(0, process.exitValue(), printed);
        List<State> states = new ArrayList<>();
        printed.lines().filter(line -> line.matches("[\\d ]+")).map(State::of).forEach(states::add);
        System.out.println("many models: " + states);
        assertEquals(MODELS, states.size(), printed);
        State warm = states.get(WARM - 1);
        State last = states.get(MODELS - 1);
        for (State state : states) {
            assertEquals(2, state.answers, printed);
            assertEquals(1, state.childrenAsking, printed);
            assertEquals(0, state.childrenAfter, printed);
        }
        // Seven models that stayed would be seven times their file.
        long leaked = (MODELS - WARM) * Files.size(model) / 1024;
        assertTrue(last.kibibytes - warm.kibibytes < leaked / 3, printed);
        assertTrue(last.threads <= warm.threads + 2, printed);
        assertTrue(last.files <= warm.files + 2, printed);
    }
}
