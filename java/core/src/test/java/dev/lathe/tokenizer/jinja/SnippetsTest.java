package dev.lathe.tokenizer.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Small templates, each for one feature, against what Jinja2 made of them ({@code
 * make_jinja_snippets.py}).
 */
class SnippetsTest {
    @TestFactory
    List<DynamicTest> rendersAsJinja2Does() throws IOException {
        try (InputStream stream =
                SnippetsTest.class.getResourceAsStream("/tokenizer/jinja_snippets.json")) {
            ObjectMapper mapper = new ObjectMapper();
            JsonNode root = mapper.readTree(stream);
            Map<String, Object> variables =
                    mapper.convertValue(root.get("variables"), new TypeReference<>() {});
            List<DynamicTest> tests = new ArrayList<>();
            for (JsonNode entry : root.get("cases")) {
                String template = entry.get("template").asText();
                String name = template.replace("\n", "\\n");
                tests.add(
                        dynamicTest(name, () -> check(template, entry.get("expected"), variables)));
            }
            return tests;
        }
    }

    private static void check(String template, JsonNode expected, Map<String, Object> variables) {
        if (expected.isNull()) {
            assertThrows(
                    TemplateException.class,
                    () -> Template.parse(template).render(variables, Clock.systemUTC()));
        } else {
            assertEquals(
                    expected.asText(),
                    Template.parse(template).render(variables, Clock.systemUTC()));
        }
    }
}
