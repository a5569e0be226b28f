package dev.lathe.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;

/** The small random models of every family, as Hugging Face folders. */
final class GoldenModels {
    static final List<String> NAMES =
            List.of("llama-tied", "llama-head", "llama-bias", "llama-rope", "qwen2", "qwen3");

    private static final Path FOLDER = Path.of("src/test/resources/golden/logits");

    private GoldenModels() {}

    static Path model(String name) {
        return FOLDER.resolve(name).resolve("model");
    }

    /** Texts in several scripts, with special tokens, and an empty one. */
    static List<String> texts() {
        try {
            JsonNode texts =
                    new ObjectMapper().readTree(FOLDER.resolve("qwen2/texts.json").toFile());
            return texts.findValuesAsText("text");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Without those that Qwen's tokenizers compose (NFC): llama.cpp has no such step. */
    static List<String> composedTexts() {
        return texts().stream()
                .filter(text -> Normalizer.isNormalized(text, Normalizer.Form.NFC))
                .toList();
    }

    /** How far llama.cpp's results may lie from Lathe's; see {@link Rounding}. */
    static double bound(String name) {
        try (Checkpoint checkpoint = Checkpoint.open(model(name))) {
            return Rounding.bound(checkpoint.tensors().get(0).type());
        }
    }
}
