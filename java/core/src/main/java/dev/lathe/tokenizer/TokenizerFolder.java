package dev.lathe.tokenizer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.lathe.DataException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tokenizer's files in a Hugging Face folder, and what they say together: which tokens play a
 * part, what surrounds a sequence, which chat templates there are.
 */
final class TokenizerFolder {
    static final String TOKENIZER = "tokenizer.json";
    static final String CONFIGURATION = "tokenizer_config.json";
    static final String SPECIAL_TOKENS = "special_tokens_map.json";
    static final String TEMPLATE = "chat_template.jinja";
    private static final String MODEL = "config.json";

    /** The largest published tokenizers have some 35 MB. */
    private static final long MAXIMUM_BYTES = 256L << 20;

    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private final Path folder;
    private final Map<String, String> files = new LinkedHashMap<>();
    private final TokenizerJson tokenizer;
    private final JsonNode configuration;
    private final JsonNode specialTokens;
    private final JsonNode model;

    TokenizerFolder(Path folder) {
        this.folder = folder;
        Path path = folder.resolve(TOKENIZER);
        if (!Files.isRegularFile(path)) {
            throw new DataException(
                    folder
                            + ": no "
                            + TOKENIZER
                            + "; a Hugging Face folder needs it to encode text");
        }
        this.tokenizer = TokenizerJson.of(path.toString(), readJson(TOKENIZER));
        this.configuration = readJson(CONFIGURATION);
        this.specialTokens = readJson(SPECIAL_TOKENS);
        readText(TEMPLATE);
        this.model = readJson(MODEL);
        files.remove(MODEL);
    }

    private JsonNode readJson(String name) {
        Optional<String> text = readText(name);
        try {
            return text.isEmpty()
                    ? JsonNodeFactory.instance.objectNode()
                    : MAPPER.readTree(text.get());
        } catch (JsonProcessingException e) {
            throw new DataException(
                    folder.resolve(name) + ": not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    private Optional<String> readText(String name) {
        Path path = folder.resolve(name);
        try {
            if (!Files.isRegularFile(path)) {
                return Optional.empty();
            }
            if (Files.size(path) > MAXIMUM_BYTES) {
                throw new DataException(
                        String.format(
                                "%s: %d bytes, expected at most %d",
                                path, Files.size(path), MAXIMUM_BYTES));
            }
            String text = Files.readString(path, StandardCharsets.UTF_8);
            files.put(name, text);
            return Optional.of(text);
        } catch (MalformedInputException e) {
            throw new DataException(path + ": not valid UTF-8", e);
        } catch (IOException e) {
            throw new DataException(path + ": cannot be read: " + e.getMessage(), e);
        }
    }

    TokenizerJson tokenizer() {
        return tokenizer;
    }

    /** The tokenizer's files as they stand, by name. */
    Map<String, String> files() {
        return files;
    }

    /**
     * Finds the tokens that play a part. The tokenizer's own files go before {@code config.json},
     * whose ids serve generation.
     */
    Map<SpecialToken, Integer> specialTokens() {
        Map<SpecialToken, Integer> ids = new EnumMap<>(SpecialToken.class);
        for (SpecialToken part : SpecialToken.values()) {
            if (part.inConfiguration()) {
                content(part)
                        .flatMap(tokenizer::addedId)
                        .or(() -> templateToken(part))
                        .or(() -> modelId(part))
                        .ifPresent(id -> ids.put(part, id));
            }
        }
        return ids;
    }

    private Optional<String> content(SpecialToken part) {
        for (JsonNode file : List.of(configuration, specialTokens)) {
            JsonNode entry = file.path(part.configurationName());
            JsonNode text = entry.isObject() ? entry.path("content") : entry;
            if (text.isTextual()) {
                return Optional.of(text.asText());
            }
        }
        return Optional.empty();
    }

    private Optional<Integer> modelId(SpecialToken part) {
        String key = part.configurationName() + "_id";
        JsonNode id =
                model.path(key).isMissingNode()
                        ? model.path("text_config").path(key)
                        : model.path(key);
        boolean usable =
                id.isInt() && id.intValue() >= 0 && id.intValue() < tokenizer.tokens().size();
        return usable ? Optional.of(id.intValue()) : Optional.empty();
    }

    private Optional<Integer> templateToken(SpecialToken part) {
        return switch (part) {
            case BOS -> edge(true).flatMap(tokenizer::addedId);
            case EOS -> edge(false).flatMap(tokenizer::addedId);
            default -> Optional.empty();
        };
    }

    /** The token that the post-processor puts before or after a sequence. */
    private Optional<String> edge(boolean first) {
        for (JsonNode processor : tokenizer.postProcessors()) {
            JsonNode single = processor.path("single");
            if (processor.path("type").asText().equals("TemplateProcessing") && single.size() > 1) {
                JsonNode part = single.get(first ? 0 : single.size() - 1);
                JsonNode token = part.path("SpecialToken").path("id");
                if (token.isTextual()) {
                    return Optional.of(token.asText());
                }
            }
        }
        return Optional.empty();
    }

    /** Whether a sequence begins with the token for beginnings. */
    boolean addsBos() {
        return adds(SpecialToken.BOS, edge(true));
    }

    /** Whether a sequence ends with the token for ends. */
    boolean addsEos() {
        return adds(SpecialToken.EOS, edge(false));
    }

    /** A post-processor decides; the configuration counts where there is none that could. */
    private boolean adds(SpecialToken part, Optional<String> edge) {
        if (edge.isPresent()) {
            return edge.flatMap(tokenizer::addedId)
                    .equals(Optional.ofNullable(specialTokens().get(part)));
        }
        return tokenizer.postProcessors().isEmpty()
                && configuration.path("add_" + part.configurationName()).asBoolean();
    }

    /** The chat templates by name. */
    Map<String, String> chatTemplates() {
        Map<String, String> templates = new LinkedHashMap<>();
        JsonNode json = configuration.path("chat_template");
        if (json.isTextual()) {
            templates.put(GgufVocabulary.DEFAULT_TEMPLATE, json.asText());
        }
        for (JsonNode entry : json) {
            if (entry.path("name").isTextual() && entry.path("template").isTextual()) {
                templates.put(entry.path("name").asText(), entry.path("template").asText());
            }
        }
        Optional.ofNullable(files.get(TEMPLATE))
                .ifPresent(text -> templates.put(GgufVocabulary.DEFAULT_TEMPLATE, text));
        return templates;
    }
}
