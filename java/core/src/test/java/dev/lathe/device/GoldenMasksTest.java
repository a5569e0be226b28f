package dev.lathe.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Wanda and magnitude pruning against masks of the NumPy reference. */
class GoldenMasksTest {
    private static final JsonNode GOLDEN = GoldenTensors.json("score_pruning/score_pruning.json");

    static List<String> names() {
        List<String> names = new ArrayList<>();
        GOLDEN.fieldNames().forEachRemaining(names::add);
        assertFalse(names.isEmpty());
        return names;
    }

    @ParameterizedTest
    @MethodSource("names")
    void theSameWeightsArePruned(String name) {
        JsonNode problem = GOLDEN.get(name);
        int rows = problem.get("rows").intValue();
        int cols = problem.get("cols").intValue();
        ObsStep step =
                problem.get("ofM").intValue() > 0
                        ? ObsStep.pattern(
                                problem.get("keepN").intValue(), problem.get("ofM").intValue())
                        : ObsStep.unstructured(problem.get("sparsity").doubleValue());
        try (GoldenTensors golden = GoldenTensors.open("score_pruning/score_pruning.safetensors");
                Device device = Device.open("cpu", 2);
                Scope scope = device.scope()) {
            float[] expected = golden.floats(name + ".w");
            Tensor w = scope.tensor(DType.F32, rows, cols).set(expected);
            Tensor norms =
                    name.startsWith("wanda")
                            ? scope.tensor(DType.F32, 1, cols).set(golden.floats(name + ".norms"))
                            : null;
            long zeros = device.scorePrune(w, norms, step, problem.get("perRow").booleanValue());
            assertEquals(problem.get("zeros").longValue(), zeros);
            byte[] mask = golden.bytes(name + ".mask");
            for (int i = 0; i < mask.length; i++) {
                expected[i] = mask[i] != 0 ? 0 : expected[i];
            }
            assertArrayEquals(expected, w.toArray());
        }
    }
}
