package dev.lathe.eval.engines.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.engines.Requests;
import dev.lathe.eval.engines.embedded.PromptFormat.Prompt;
import dev.lathe.tokenizer.Message;
import java.util.List;
import org.junit.jupiter.api.Test;

class PromptFormatTest {
    private static final String TURNS =
            "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}"
                    + "{% if add_generation_prompt %}[assistant]\n{% endif %}";

    private static GgufMetadata.Builder metadata() {
        return GgufMetadata.builder()
                .putString("tokenizer.ggml.model", "llama")
                .putStrings("tokenizer.ggml.tokens", List.of("<unk>", "<s>", "</s>"))
                .putUint32("tokenizer.ggml.bos_token_id", 1);
    }

    private static Prompt prompt(GgufMetadata metadata, PromptStyle style) {
        return PromptFormat.of(metadata).prompt(Requests.styled("Why?", style, 1));
    }

    @Test
    void chatsGoThroughTheTemplate() {
        GgufMetadata metadata = metadata().putString("tokenizer.chat_template", TURNS).build();
        assertEquals(
                new Prompt("[user] Why?\n[assistant]\n", true, false),
                prompt(metadata, PromptStyle.CHAT));
        assertEquals(
                new Prompt("[user] Why?\n[assistant]\n<think>\n", true, true),
                prompt(metadata, PromptStyle.CHAT_THINK));
    }

    @Test
    void turnsBeforeTheQuestionGoThroughTheTemplateToo() {
        GgufMetadata metadata = metadata().putString("tokenizer.chat_template", TURNS).build();
        GenerationRequest request =
                new GenerationRequest(
                        List.of(new Message("system", "Be brief."), new Message("user", "Hi")),
                        "Why?",
                        "",
                        PromptStyle.CHAT,
                        Sampling.GREEDY,
                        1,
                        1);
        assertEquals(
                "[system] Be brief.\n[user] Hi\n[user] Why?\n[assistant]\n",
                PromptFormat.of(metadata).prompt(request).text());
    }

    @Test
    void templatesMayOpenTheThinkingThemselves() {
        String template = TURNS.replace("[assistant]\n", "[assistant]<think>\n");
        GgufMetadata metadata = metadata().putString("tokenizer.chat_template", template).build();
        Prompt opened = new Prompt("[user] Why?\n[assistant]<think>\n", true, true);
        assertEquals(opened, prompt(metadata, PromptStyle.CHAT));
        assertEquals(opened, prompt(metadata, PromptStyle.CHAT_THINK));
    }

    @Test
    void aBeginningThatLlamaCppDoesNotAddStays() {
        GgufMetadata metadata =
                metadata()
                        .putString("tokenizer.chat_template", TURNS)
                        .putFlag("tokenizer.ggml.add_bos_token", false)
                        .build();
        assertEquals(
                new Prompt("<s>[user] Why?\n[assistant]\n", false, false),
                prompt(metadata, PromptStyle.CHAT));
    }

    @Test
    void rawTextIsMessageAndOpening() {
        assertEquals(
                new Prompt("Why?\n<think>\n", true, true),
                prompt(metadata().build(), PromptStyle.RAW));
    }

    @Test
    void chatsNeedATemplateThatWorks() {
        EngineException none =
                assertThrows(
                        EngineException.class, () -> prompt(metadata().build(), PromptStyle.CHAT));
        assertEquals(EngineException.Kind.REFUSED, none.kind());
        GgufMetadata refusing =
                metadata()
                        .putString("tokenizer.chat_template", "{{ raise_exception('no') }}")
                        .build();
        EngineException refused =
                assertThrows(EngineException.class, () -> prompt(refusing, PromptStyle.CHAT));
        assertEquals(EngineException.Kind.REFUSED, refused.kind());
    }
}
