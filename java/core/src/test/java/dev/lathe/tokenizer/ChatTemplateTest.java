package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Chat templates of published models against what transformers made of them. */
class ChatTemplateTest {
    private static JsonNode golden() throws IOException {
        String name = "/golden/chat_templates/chat_templates.json";
        try (InputStream stream = ChatTemplateTest.class.getResourceAsStream(name)) {
            return new ObjectMapper().readTree(stream);
        }
    }

    private static List<Message> messages(JsonNode json) {
        List<Message> messages = new ArrayList<>();
        json.forEach(
                entry ->
                        messages.add(
                                new Message(
                                        entry.get("role").asText(),
                                        entry.get("content").asText())));
        return messages;
    }

    @Test
    void rendersAsTransformersDoes() throws IOException {
        JsonNode golden = golden();
        int rendered = 0;
        for (JsonNode entry : golden.get("cases")) {
            JsonNode template = golden.get("templates").get(entry.get("template").asText());
            String text =
                    ChatTemplate.parse(
                                    "golden",
                                    template.get("template").asText(),
                                    Map.of(
                                            "bos_token", template.get("bosToken").asText(),
                                            "eos_token", template.get("eosToken").asText()))
                            .render(
                                    messages(entry.get("messages")),
                                    entry.get("addGenerationPrompt").asBoolean());
            assertEquals(entry.get("expected").asText(), text, () -> entry.toString());
            rendered++;
        }
        assertTrue(rendered >= 100, "cases: " + rendered);
    }

    @ParameterizedTest
    @CsvSource({
        "smollm2, SmolLM2-135M-Instruct.Q4_1.gguf",
        "qwen2.5-coder, Qwen2.5-Coder-1.5B-Instruct.Q4_K_M.gguf"
    })
    void findsTheTemplateAndSpecialTokensOfAModel(String name, String file) throws IOException {
        JsonNode golden = golden();
        try (Tokenizer tokenizer = TestInputs.tokenizer(TestInputs.model(file))) {
            ChatTemplate template = tokenizer.chatTemplate().orElseThrow();
            for (JsonNode entry : golden.get("cases")) {
                if (entry.get("template").asText().equals(name)) {
                    assertEquals(
                            entry.get("expected").asText(),
                            template.render(
                                    messages(entry.get("messages")),
                                    entry.get("addGenerationPrompt").asBoolean()));
                }
            }
            assertTrue(tokenizer.chatTemplate("nope").isEmpty());
        }
    }

    @Test
    void takesMoreVariablesAndAClock() {
        ChatTemplate template =
                ChatTemplate.parse(
                                "file",
                                "{{ strftime_now('%d %b %Y') }} {{ thinking }} {{ tools is none }}"
                                        + " {{ eos_token is defined }}{{ bos_token }}",
                                Map.of("bos_token", "<s>"))
                        .withClock(
                                Clock.fixed(Instant.parse("2026-03-05T14:07:09Z"), ZoneOffset.UTC));
        assertEquals(
                "05 Mar 2026 False True False<s>",
                template.render(List.of(), true, Map.of("thinking", false)));
        assertThrows(
                IllegalArgumentException.class,
                () -> template.render(List.of(), true, Map.of("file", new Object())));
    }

    @Test
    void namesFileLineAndReason() {
        ChatTemplate template =
                ChatTemplate.parse(
                        "dir/model.gguf",
                        "{% for m in messages %}\n{% if m.role != 'user' %}"
                                + "{{ raise_exception('Only users') }}{% endif %}{% endfor %}",
                        Map.of());
        DataException refused =
                assertThrows(
                        DataException.class,
                        () -> template.render(List.of(new Message("system", "x")), false));
        assertEquals("dir/model.gguf: chat template, line 2: Only users", refused.getMessage());
        DataException malformed =
                assertThrows(
                        DataException.class,
                        () -> ChatTemplate.parse("dir/model.gguf", "a\n\n{% if %}", Map.of()));
        assertEquals(
                "dir/model.gguf: chat template, line 3: expected an expression, found end of"
                        + " statement block",
                malformed.getMessage());
    }
}
