package dev.lathe.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.lathe.compress.Recipe;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code accuracy-gates.yaml} holds.
 *
 * @param questions that each model is asked
 * @param dense gate of the dense model's right answers
 * @param kept gates of a model's right answers against the dense one's
 * @param answers gates of two models' right answers
 * @param perplexity gates of a model's perplexity against the dense one's
 */
record AccuracyGates(
        int questions,
        Least dense,
        List<Kept> kept,
        List<Comparison> answers,
        List<Perplexity> perplexity) {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    /** A share that must be reached. */
    record Least(double measured, double least) {}

    /** The share of the dense model's right answers that a recipe keeps. */
    record Kept(String name, JsonNode recipe, double measured, double least) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** What one recipe has over another. */
    record Comparison(String name, JsonNode better, JsonNode worse, double measured, double least) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** How many times the dense model's perplexity a recipe may have. */
    record Perplexity(String name, JsonNode recipe, double measured, double most) {
        @Override
        public String toString() {
            return name;
        }
    }

    static AccuracyGates read() {
        try (InputStream file = AccuracyGates.class.getResourceAsStream("/accuracy-gates.yaml")) {
            return YAML.readValue(file, AccuracyGates.class);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A recipe as {@code lathe compress --recipe} reads it. */
    static Recipe recipe(JsonNode written, Path folder) throws IOException {
        Path file = Files.createTempFile(folder, "recipe", ".yaml");
        YAML.writeValue(file.toFile(), written);
        return Recipe.read(file);
    }
}
