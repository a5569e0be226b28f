package dev.lathe.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Scores of made answers against an independent implementation of the official rules. */
class AnswerOverlapTest {
    @TestFactory
    List<DynamicTest> scoresAreTheOfficialEvaluators() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        String golden = "/golden/answer_overlap/answer_overlap.json";
        try (InputStream in = getClass().getResourceAsStream(golden)) {
            for (JsonNode each : new ObjectMapper().readTree(in)) {
                String answer = each.get("answer").asText();
                List<String> gold = new ArrayList<>();
                each.get("gold").forEach(alias -> gold.add(alias.asText()));
                tests.add(
                        DynamicTest.dynamicTest(
                                answer + " / " + gold,
                                () -> {
                                    assertEquals(
                                            each.get("exact").asInt() == 1,
                                            AnswerOverlap.exact(answer, gold));
                                    // The same few F64 operations in the same order.
                                    assertEquals(
                                            each.get("f1").asDouble(),
                                            AnswerOverlap.f1(answer, gold));
                                }));
            }
        }
        assertEquals(52, tests.size());
        return tests;
    }
}
