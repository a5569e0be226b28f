package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.checkpoint.HeaderOnlyGguf;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import dev.lathe.quantize.Mix;
import dev.lathe.quantize.TypeSubstitution;
import dev.lathe.tokenizer.TestInputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every mix against llama-quantize itself, which says what it would do ({@code --dry-run}) with
 * headers of published models' shapes.
 */
class MixTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama-8b",
                "llama-2-7b",
                "llama-70b",
                "qwen2-1.5b",
                "qwen2-72b",
                "qwen3-14b",
                "smollm2",
                "deepseek-r1",
                "eight-experts"
            })
    void everyMixGivesTheTypesOfLlamaQuantize(String model)
            throws IOException, InterruptedException {
        Path file = header(model).write(folder.resolve(model + ".gguf"));
        compare(file, null);
    }

    private void compare(Path file, Path importance) throws IOException, InterruptedException {
        try (Model opened = Model.open(file)) {
            for (String mix : Mix.names()) {
                if (mix.equals("Q1_0") && !DType.of(mix).fits(opened.config().hiddenSize())) {
                    continue; // llama-quantize has no type to take its place
                }
                assertEquals(
                        BuiltLlamaCpp.mixedTypes(file, mix, importance, folder),
                        types(opened, Mix.of(mix), importance != null),
                        mix);
            }
        }
    }

    private static HeaderOnlyGguf header(String model) {
        return switch (model) {
            case "llama-8b" ->
                    HeaderOnlyGguf.decoder("llama", 32, 4096, 14336, 32, 8, 128256, false);
            case "llama-2-7b" ->
                    HeaderOnlyGguf.decoder("llama", 32, 4096, 11008, 32, 32, 32000, false);
            case "llama-70b" ->
                    HeaderOnlyGguf.decoder("llama", 80, 8192, 28672, 64, 8, 128256, false);
            case "qwen2-1.5b" ->
                    HeaderOnlyGguf.decoder("qwen2", 28, 1536, 8960, 12, 2, 151936, true);
            case "qwen2-72b" ->
                    HeaderOnlyGguf.decoder("qwen2", 80, 8192, 29568, 64, 8, 152064, false);
            case "qwen3-14b" ->
                    HeaderOnlyGguf.decoder("qwen3", 40, 5120, 17408, 40, 8, 151936, false);
            case "smollm2" -> HeaderOnlyGguf.decoder("llama", 30, 576, 1536, 9, 3, 49152, true);
            case "deepseek-r1" -> HeaderOnlyGguf.deepSeekR1();
            default -> HeaderOnlyGguf.deepSeek(20, 1, 2048, 4096, 8, 512, 32000, 16);
        };
    }

    /** With an importance matrix some mixes give other types. */
    @Test
    void importanceMatricesChangeTheSameTypes() throws IOException, InterruptedException {
        Path model = TestInputs.model("SmolLM2-135M-Instruct.Q4_1.gguf");
        Path importance =
                BuiltLlamaCpp.importance(
                        model, TestInputs.shared("data/wikitext2-valid.txt"), folder);
        compare(model, importance);
    }

    /** The types in the file, with those that a mix gives in their place. */
    private static Map<String, String> types(Model model, Mix mix, boolean importance) {
        Map<String, String> types = new TreeMap<>();
        Map<TensorKey, DType> mixed =
                mix.types(model.config(), model.tensors().keySet(), importance);
        model.tensors().forEach((key, info) -> types.put(info.name(), type(mixed.get(key), info)));
        return types;
    }

    private static String type(DType mixed, TensorInfo info) {
        DType type = mixed == null ? info.type() : TypeSubstitution.fitting(mixed, info.cols());
        return BuiltLlamaCpp.typeName(type);
    }

    @Test
    void namesAreFoundInAnyCaseAndUnderTheirAliases() {
        assertEquals("Q4_K_M", Mix.of("q4_k").name());
        assertEquals("IQ2_XXS", Mix.of("iq2_xxs").name());
        UsageException unknown = assertThrows(UsageException.class, () -> Mix.of("Q9_K"));
        assertTrue(unknown.getMessage().contains("IQ1_S"), unknown.getMessage());
        assertEquals(35, Mix.names().size(), Mix.names().toString().toLowerCase(Locale.ROOT));
    }
}
