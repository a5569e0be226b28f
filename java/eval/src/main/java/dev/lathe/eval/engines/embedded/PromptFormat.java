package dev.lathe.eval.engines.embedded;

import dev.lathe.DataException;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.tokenizer.ChatTemplate;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.Tokenizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** From a request to the text that a model of a GGUF file goes on with. */
final class PromptFormat {
    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String MODEL = "tokenizer.ggml.model";
    private static final String ADD_BOS = "tokenizer.ggml.add_bos_token";
    private static final String TEMPLATE = "tokenizer.chat_template";

    private final String source;
    private final Optional<ChatTemplate> template;
    private final boolean begins;
    private final String beginning;

    private PromptFormat(
            String source, Optional<ChatTemplate> template, boolean begins, String beginning) {
        this.source = source;
        this.template = template;
        this.begins = begins;
        this.beginning = beginning;
    }

    /**
     * A text to go on with.
     *
     * @param text without the token for beginnings, which llama.cpp adds
     * @param begins whether it adds one
     * @param thinks whether the text ends within the thinking
     */
    record Prompt(String text, boolean begins, boolean thinks) {}

    /**
     * Reads what the file says about prompts.
     *
     * @param metadata of a GGUF file
     * @throws DataException if its chat template is not well formed
     */
    static PromptFormat of(GgufMetadata metadata) {
        List<String> tokens = metadata.findStrings(TOKENS).orElse(List.of());
        Map<String, String> named = new LinkedHashMap<>();
        for (SpecialToken part : SpecialToken.values()) {
            ControlTokens.find(metadata, tokens, part)
                    .ifPresent(text -> named.put(part.configurationName(), text));
        }
        Optional<ChatTemplate> template =
                metadata.findString(TEMPLATE)
                        .map(text -> ChatTemplate.parse(metadata.source(), text, named));
        String beginning = named.getOrDefault(SpecialToken.BOS.configurationName(), "");
        boolean begins = !beginning.isEmpty() && begins(metadata);
        return new PromptFormat(metadata.source(), template, begins, beginning);
    }

    /** Where the file does not say it, llama.cpp's defaults for its kind of vocabulary hold. */
    private static boolean begins(GgufMetadata metadata) {
        Optional<Boolean> said = metadata.findFlag(ADD_BOS);
        if (said.isPresent()) {
            return said.get();
        }
        return switch (metadata.findString(MODEL).orElse("")) {
            case "llama", "bert" -> true;
            case "gpt2" -> byteLevelBegins(metadata);
            default -> false;
        };
    }

    private static boolean byteLevelBegins(GgufMetadata metadata) {
        try (Tokenizer tokenizer = Tokenizer.fromGguf(metadata)) {
            return tokenizer.addsBos();
        } catch (DataException e) {
            // A pre-tokenizer that Lathe does not know; most begin with nothing.
            return false;
        }
    }

    /**
     * Makes the text.
     *
     * @throws EngineException if the style asks for a chat template and there is none that works
     */
    Prompt prompt(GenerationRequest request) {
        String text = text(request);
        if (begins && text.startsWith(beginning)) {
            text = text.substring(beginning.length());
        }
        return new Prompt(text, begins, text.stripTrailing().endsWith(ModelOutput.OPEN));
    }

    private String text(GenerationRequest request) {
        if (request.style() == PromptStyle.RAW) {
            return request.message() + request.opening();
        }
        if (template.isEmpty()) {
            throw new EngineException(
                    EngineException.Kind.REFUSED,
                    source + " has no chat template; its questions must be put as raw text");
        }
        String chat;
        try {
            chat = template.get().render(request.messages(), true);
        } catch (DataException e) {
            throw new EngineException(EngineException.Kind.REFUSED, e.getMessage(), e);
        }
        String opening = request.opening().stripLeading();
        boolean opened = chat.stripTrailing().endsWith(opening.stripTrailing());
        return request.style() == PromptStyle.CHAT || opened ? chat : chat + opening;
    }
}
