package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.tokenizer.jinja.Template;
import dev.lathe.tokenizer.jinja.TemplateException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * All chat templates in llama.cpp's source, in conversations with and without tools, against what
 * transformers makes of them ({@code make_template_renderings.py}).
 */
class PublishedTemplatesTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void rendersAsTransformersDoes() throws Exception {
        JsonNode golden;
        String resource = "/tokenizer/template_renderings.json";
        try (InputStream stream = PublishedTemplatesTest.class.getResourceAsStream(resource)) {
            golden = MAPPER.readTree(stream);
        }
        Path folder = TestInputs.llamaCppModels("templates");
        Clock clock = Clock.fixed(Instant.parse(golden.get("now").asText()), ZoneOffset.UTC);
        int compared = 0;
        for (Map.Entry<String, JsonNode> entry : golden.get("results").properties()) {
            Path file = folder.resolve(entry.getKey());
            // Another release of llama.cpp has other templates.
            if (Files.exists(file)) {
                compared += compare(file, entry.getValue(), golden, clock);
            }
        }
        assertTrue(compared >= 1000, "compared: " + compared);
    }

    private static int compare(Path file, JsonNode results, JsonNode golden, Clock clock)
            throws IOException, NoSuchAlgorithmException {
        Template template = Template.parse(Files.readString(file));
        int compared = 0;
        for (Map.Entry<String, JsonNode> result : results.properties()) {
            String[] names = result.getKey().split(" ");
            Map<String, Object> variables = variables(golden, names[0], names[1]);
            String expected = result.getValue().asText();
            String name = file.getFileName() + " " + result.getKey();
            if (expected.equals("refused")) {
                assertThrows(
                        TemplateException.class, () -> template.render(variables, clock), name);
            } else if (!expected.equals("error")) {
                assertEquals(expected, sha256(template.render(variables, clock)), name);
                compared++;
            }
        }
        return compared;
    }

    private static Map<String, Object> variables(
            JsonNode golden, String conversation, String setting) {
        TypeReference<Map<String, Object>> type = new TypeReference<>() {};
        Map<String, Object> variables = MAPPER.convertValue(golden.get("common"), type);
        variables.putAll(MAPPER.convertValue(golden.get("settings").get(setting), type));
        JsonNode messages = golden.get("conversations").get(conversation);
        variables.put("messages", MAPPER.convertValue(messages, Object.class));
        return variables;
    }

    private static String sha256(String text) throws NoSuchAlgorithmException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
