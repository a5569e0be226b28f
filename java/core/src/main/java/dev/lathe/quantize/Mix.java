package dev.lathe.quantize;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.checkpoint.ModelFamily;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.DType;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A mix of types under a name of llama-quantize: which type it gives each tensor of a model. The
 * rules are data ({@code mixes.yaml}).
 */
public final class Mix {
    private static final Table TABLE = read();
    private static final String SAME = "same";
    private static final int BLOCKS_OF_LARGE_MODELS = 80;

    /** Families whose models of 80 blocks llama-quantize treats as large. */
    private static final Set<ModelFamily> LARGE_FAMILIES =
            Set.of(ModelFamily.LLAMA, ModelFamily.QWEN2);

    /** Mixes whose rules end before the exception for large models. */
    private static final Set<String> BELOW_LARGE =
            Set.of(
                    "IQ1_S",
                    "IQ1_M",
                    "IQ2_XXS",
                    "IQ2_XS",
                    "IQ2_S",
                    "IQ2_M",
                    "MXFP4_MOE",
                    "F16",
                    "BF16",
                    "F32");

    private record Types(String type, String head, String embedding) {}

    private record Table(
            Map<String, List<String>> groups,
            Map<String, String> aliases,
            Map<String, Types> mixes,
            List<MixRule> rules,
            Map<String, String> largeSharedValues) {}

    private final String name;
    private final Types types;

    private Mix(String name) {
        this.name = name;
        this.types = TABLE.mixes.get(name);
    }

    private static Table read() {
        try (InputStream stream = Mix.class.getResourceAsStream("mixes.yaml")) {
            return YAMLMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build()
                    .readValue(stream, Table.class);
        } catch (IOException e) {
            throw new IllegalStateException("mixes.yaml cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Finds a mix.
     *
     * @param name llama-quantize's name, such as {@code Q4_K_M}, in any case
     * @return the mix
     * @throws UsageException naming those that there are
     */
    public static Mix of(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        String canonical = TABLE.aliases.getOrDefault(upper, upper);
        if (!TABLE.mixes.containsKey(canonical)) {
            throw new UsageException(
                    "mix '" + name + "' is unknown; known: " + String.join(", ", names()));
        }
        return new Mix(canonical);
    }

    /**
     * The names of all mixes.
     *
     * @return without aliases
     */
    public static List<String> names() {
        return List.copyOf(TABLE.mixes.keySet());
    }

    /**
     * The mix's name.
     *
     * @return for example {@code Q4_K_M}
     */
    public String name() {
        return name;
    }

    /**
     * The types of all matrices, before {@linkplain TypeSubstitution substitution} where rows do
     * not fit.
     *
     * @param config the model
     * @param keys its tensors; vectors and routers among them are left out
     * @param importance whether statistics of the inputs are there, as with an importance matrix
     * @return a type for each matrix
     */
    public Map<TensorKey, DType> types(
            ModelConfig config, Collection<TensorKey> keys, boolean importance) {
        Map<TensorKey, DType> chosen = new LinkedHashMap<>();
        Set<TensorKey> sorted = new TreeSet<>(inOrderOfLlamaCpp());
        keys.stream().filter(Mix::mixed).forEach(sorted::add);
        Map<String, Integer> members = new HashMap<>();
        sorted.forEach(key -> members.merge(group(key), 1, Integer::sum));
        Map<String, Integer> seen = new HashMap<>();
        for (TensorKey key : sorted) {
            String group = group(key);
            int ordinal = seen.merge(group, 1, Integer::sum) - 1;
            String type =
                    key.role().layered()
                            ? layered(config, key, group, importance, ordinal, members.get(group))
                            : outer(config, key);
            chosen.put(key, DType.of(type));
        }
        return chosen;
    }

    /** llama-quantize goes block by block, names in alphabetical order. */
    private static Comparator<TensorKey> inOrderOfLlamaCpp() {
        return Comparator.comparingInt(TensorKey::layer).thenComparing(TensorNames::gguf);
    }

    private static boolean mixed(TensorKey key) {
        TensorRole role = key.role();
        return key.part() == TensorKey.Part.WEIGHT
                && (role.linear() || role == TensorRole.EMBEDDING || role == TensorRole.HEAD);
    }

    private static String group(TensorKey key) {
        return TABLE.groups.entrySet().stream()
                .filter(group -> !group.getKey().equals("stacked"))
                .filter(group -> group.getValue().contains(key.role().id()))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("other");
    }

    private String outer(ModelConfig config, TensorKey key) {
        if (key.role() == TensorRole.EMBEDDING && !config.tiedEmbeddings()) {
            return types.embedding == null ? types.type : types.embedding;
        }
        boolean fits = DType.of(types.type).fits(config.hiddenSize());
        return fits ? (types.head == null ? "Q6_K" : types.head) : "Q8_0";
    }

    private String layered(
            ModelConfig config,
            TensorKey key,
            String group,
            boolean importance,
            int ordinal,
            int members) {
        int experts = config.experts();
        String type = types.type;
        for (MixRule rule : TABLE.rules) {
            boolean stacked = TABLE.groups.get("stacked").contains(key.role().id());
            boolean speaks =
                    rule.speaksOf(name, group) || (stacked && rule.speaksOf(name, "stacked"));
            if (speaks
                    && rule.holdsFor(config, experts, importance)
                    && rule.holdsAt(key.layer(), ordinal, config.layers(), members)) {
                type = rule.type().equals(SAME) ? types.type : rule.type();
                break;
            }
        }
        return large(config, group) ? TABLE.largeSharedValues.getOrDefault(type, type) : type;
    }

    private boolean large(ModelConfig config, String group) {
        boolean shared = config.heads() != config.kvHeads() || config.family() == ModelFamily.QWEN2;
        return group.equals("value")
                && shared
                && config.layers() == BLOCKS_OF_LARGE_MODELS
                && LARGE_FAMILIES.contains(config.family())
                && !BELOW_LARGE.contains(name);
    }
}
