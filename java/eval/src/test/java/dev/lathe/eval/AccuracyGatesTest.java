package dev.lathe.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.compress.Recipe;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engines.Engines;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.task.Question;
import dev.lathe.measure.Measurement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From a recipe to right answers: no step in between may have become worse. */
class AccuracyGatesTest {
    private static final AccuracyGates GATES = AccuracyGates.read();
    private static final JsonNode DENSE = JsonNodeFactory.instance.objectNode();

    @TempDir static Path folder;
    private static List<Question> questions;
    private static final Map<JsonNode, Path> MODELS = new HashMap<>();
    private static final Map<JsonNode, Double> RIGHT = new HashMap<>();

    static Stream<AccuracyGates.Kept> kept() {
        return GATES.kept().stream();
    }

    static Stream<AccuracyGates.Comparison> answers() {
        return GATES.answers().stream();
    }

    static Stream<AccuracyGates.Perplexity> perplexities() {
        return GATES.perplexity().stream();
    }

    @BeforeAll
    static void readQuestions() {
        questions = TinyReasoner.questions(GATES.questions());
    }

    private static Path model(JsonNode recipe) throws IOException {
        if (!MODELS.containsKey(recipe)) {
            Recipe read = recipe.isEmpty() ? Recipe.EMPTY : AccuracyGates.recipe(recipe, folder);
            Path file = folder.resolve("model-" + MODELS.size() + ".gguf");
            MODELS.put(recipe, TinyReasoner.compress(read, file));
        }
        return MODELS.get(recipe);
    }

    /** Share of right answers. */
    private static double right(JsonNode recipe) throws Exception {
        if (!RIGHT.containsKey(recipe)) {
            try (Engine engine =
                    Engines.open(Engines.EMBEDDED, model(recipe), TinyReasoner.OPTIONS)) {
                List<Extraction> answers = TinyReasoner.answers(engine, questions);
                double right = 0;
                for (int i = 0; i < answers.size(); i++) {
                    right += TinyReasoner.TASK.score(questions.get(i), answers.get(i)).exact();
                }
                RIGHT.put(recipe, right / answers.size());
            }
        }
        return RIGHT.get(recipe);
    }

    private static double perplexity(JsonNode recipe) throws IOException {
        String text = CalibrationSet.read(TinyReasoner.FOLDER.resolve("held-out.txt"));
        return Measurement.of(model(recipe)).length(256).sequences(16).on(text).perplexity();
    }

    private static void assertGate(String name, double found, double measured, double least) {
        String told =
                String.format(
                        Locale.ROOT,
                        "%s: %.3f now, %.3f when the gate was set, at least %.3f",
                        name,
                        found,
                        measured,
                        least);
        System.out.println(told);
        assertTrue(found >= least, told);
        assertTrue(measured >= least, "a gate must have been passed once: " + told);
    }

    @Test
    void theDenseModelKnowsItsQuestions() throws Exception {
        assertEquals(GATES.questions(), questions.size());
        assertGate("dense", right(DENSE), GATES.dense().measured(), GATES.dense().least());
    }

    @ParameterizedTest
    @MethodSource("kept")
    void compressedModelsKeepTheirAnswers(AccuracyGates.Kept gate) throws Exception {
        double share = right(gate.recipe()) / right(DENSE);
        assertGate(gate.name(), share, gate.measured(), gate.least());
    }

    @ParameterizedTest
    @MethodSource("answers")
    void oneMethodGivesMoreRightAnswers(AccuracyGates.Comparison gate) throws Exception {
        double difference = right(gate.better()) - right(gate.worse());
        assertGate(gate.name(), difference, gate.measured(), gate.least());
    }

    @ParameterizedTest
    @MethodSource("perplexities")
    void perplexityStaysNearTheDenseModels(AccuracyGates.Perplexity gate) throws IOException {
        double ratio = perplexity(gate.recipe()) / perplexity(DENSE);
        String told =
                String.format(
                        Locale.ROOT,
                        "perplexity, %s: %.3f now, %.3f when the gate was set, at most %.3f",
                        gate.name(),
                        ratio,
                        gate.measured(),
                        gate.most());
        System.out.println(told);
        assertTrue(ratio <= gate.most(), told);
    }
}
