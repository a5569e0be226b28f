package dev.lathe.compress;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.ModelFamily;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Rules under a name ({@code presets/NAME.yaml}): {@code reasoning} keeps the final block precise,
 * {@code r1-1.58}, {@code r1-1.73}, {@code r1-2.22} and {@code r1-2.51} are the published dynamic
 * mixes of DeepSeek-R1. On a model of another architecture the latter mean the same average bits
 * per weight, allocated.
 *
 * @param description what it is, for people
 * @param architecture the only architecture that the rules are for, or null: any
 * @param bitsPerWeight average bits that stand for the rules on other architectures
 * @param type type of the blocks' linear layers, or null
 * @param embeddingType type of the embedding, or null
 * @param headType type of the output head, or null
 * @param rules the rules
 */
public record Preset(
        String description,
        String architecture,
        Double bitsPerWeight,
        String type,
        String embeddingType,
        String headType,
        List<Rule> rules) {
    /** The names of all presets. */
    public static final List<String> NAMES =
            List.of("reasoning", "r1-1.58", "r1-1.73", "r1-2.22", "r1-2.51");

    /**
     * Finds a preset.
     *
     * @param name one of {@link #NAMES}
     * @return the preset
     * @throws UsageException naming those that there are
     */
    public static Preset of(String name) {
        if (!NAMES.contains(name)) {
            throw new UsageException(
                    "preset '" + name + "' is unknown; known: " + String.join(", ", NAMES));
        }
        try (InputStream stream = Preset.class.getResourceAsStream("presets/" + name + ".yaml")) {
            return YAMLMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build()
                    .readValue(stream, Preset.class);
        } catch (IOException e) {
            throw new IllegalStateException("preset " + name + ": " + e.getMessage(), e);
        }
    }

    /**
     * Puts a recipe's presets into plain rules and targets.
     *
     * @param recipe the recipe
     * @param family the model's family
     * @return a recipe without presets
     * @throws UsageException if a preset's target meets another
     */
    static Recipe resolve(Recipe recipe, ModelFamily family) {
        if (recipe.presets().isEmpty()) {
            return recipe;
        }
        List<Rule> rules = new ArrayList<>();
        RecipeBuilder builder = recipe.toBuilder();
        boolean targeted = recipe.type() != null || recipe.mix() != null || recipe.allocates();
        for (String name : recipe.presets()) {
            Preset preset = of(name);
            boolean fits = preset.architecture == null || preset.architecture.equals(family.id());
            boolean aims = preset.type != null || !fits;
            if (aims && targeted) {
                throw new UsageException(
                        "preset "
                                + name
                                + " sets types itself; a type, mix, size, bits per weight"
                                + " or another such preset cannot stand beside it");
            }
            targeted |= aims;
            if (!fits) {
                builder.bitsPerWeight(preset.bitsPerWeight);
                continue;
            }
            rules.addAll(preset.rules);
            if (preset.type != null) {
                builder.type(preset.type);
            }
            if (recipe.embeddingType() == null && preset.embeddingType != null) {
                builder.embeddingType(preset.embeddingType);
            }
            if (recipe.headType() == null && preset.headType != null) {
                builder.headType(preset.headType);
            }
        }
        rules.addAll(recipe.rules());
        return builder.rules(rules).presets(List.of()).build();
    }
}
