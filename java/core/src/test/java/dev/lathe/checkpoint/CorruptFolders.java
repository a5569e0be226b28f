package dev.lathe.checkpoint;

import static dev.lathe.checkpoint.CorruptFiles.data;
import static dev.lathe.checkpoint.CorruptFiles.usage;
import static dev.lathe.checkpoint.RawSafetensors.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Hugging Face folders that are broken. */
final class CorruptFolders {
    private static final String CONFIG =
            """
{"model_type": "llama", "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
 "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 4,
 "rope_theta": 10000.0}
""";

    private CorruptFolders() {}

    static List<CorruptFiles.Case> cases() {
        return Stream.of(files(), sizes(), description()).flatMap(List::stream).toList();
    }

    private static List<CorruptFiles.Case> files() {
        return List.of(
                usage("nothing at the path", folder -> folder.resolve("absent"), "does not exist"),
                usage("folder without config.json", folder -> folder, "config.json"),
                usage(
                        "folder without weights",
                        folder -> config(folder, CONFIG),
                        "model.safetensors"),
                data(
                        "index that is no JSON",
                        folder -> indexed(folder, "{\"weight_map\": "),
                        "no valid JSON",
                        "line 1"),
                data(
                        "index without a map",
                        folder -> indexed(folder, "{\"metadata\": {}}"),
                        "weight_map"),
                data(
                        "index that leads out of the folder",
                        folder ->
                                indexed(folder, "{\"weight_map\": {\"w\": \"../w.safetensors\"}}"),
                        "'w'",
                        "../w.safetensors"),
                data(
                        "missing shard",
                        folder ->
                                indexed(
                                        folder,
                                        "{\"weight_map\": {\"w\":"
                                                + " \"model-00001-of-00001.safetensors\"}}"),
                        "missing shard",
                        "model-00001-of-00001.safetensors"),
                data(
                        "tensor that its shard does not hold",
                        folder -> {
                            weights(folder, "shard.safetensors", "v");
                            return indexed(
                                    folder, "{\"weight_map\": {\"w\": \"shard.safetensors\"}}");
                        },
                        "'w'",
                        "shard.safetensors"));
    }

    private static List<CorruptFiles.Case> sizes() {
        return List.of(
                data("config.json that is no JSON", model("{"), "config.json", "no valid JSON"),
                data(
                        "config.json that is nested too deep",
                        model("{\"a\": " + "[".repeat(100_000)),
                        "config.json",
                        "no valid JSON"),
                data("config.json that is a list", model("[]"), "config.json", "no JSON object"),
                data("no model_type", model("{}"), "config.json", "'model_type'"),
                usage(
                        "unknown architecture",
                        model(CONFIG.replace("llama", "mamba")),
                        "'mamba'",
                        "llama, qwen2, qwen3"),
                data(
                        "missing width",
                        model(CONFIG.replace("hidden_size", "hidden")),
                        "'hidden_size'",
                        "missing"),
                data(
                        "width as a string",
                        model(CONFIG.replace("\"hidden_size\": 8", "\"hidden_size\": \"8\"")),
                        "'hidden_size'",
                        "whole number"),
                data(
                        "width past 32 bits",
                        model(CONFIG.replace("\"hidden_size\": 8", "\"hidden_size\": 8589934592")),
                        "'hidden_size'",
                        "8589934592"),
                data(
                        "no layers",
                        model(
                                CONFIG.replace(
                                        "\"num_hidden_layers\": 1", "\"num_hidden_layers\": 0")),
                        "layers is 0"),
                data(
                        "heads that do not divide the width",
                        model(CONFIG.replace("\"hidden_size\": 8", "\"hidden_size\": 9")),
                        "hidden_size 9"));
    }

    private static List<CorruptFiles.Case> description() {
        return List.of(
                usage(
                        "unknown rope type",
                        model(withScaling("{\"rope_type\": \"yarn\", \"factor\": 4.0}")),
                        "'yarn'"),
                data(
                        "rope scaling without a factor",
                        model(withScaling("{\"rope_type\": \"linear\"}")),
                        "rope_scaling",
                        "'factor'"),
                data(
                        "rope scaling with factors in the wrong order",
                        model(
                                withScaling(
                                        "{\"rope_type\": \"llama3\", \"factor\": 8.0,"
                                                + " \"low_freq_factor\": 4.0, \"high_freq_factor\":"
                                                + " 1.0}")),
                        "high_freq_factor"),
                usage(
                        "checkpoint that is quantized already",
                        model(
                                CONFIG.replace(
                                        "{\"model_type\"",
                                        "{\"quantization_config\": {\"quant_method\": \"gptq\"},"
                                                + " \"model_type\"")),
                        "'gptq'"),
                data(
                        "unknown tensor",
                        folder -> {
                            weights(folder, "model.safetensors", "model.layers.0.mystery.weight");
                            return config(folder, CONFIG);
                        },
                        "'model.layers.0.mystery.weight'"));
    }

    private static String withScaling(String scaling) {
        return CONFIG.replace(
                "\"rope_theta\"", "\"rope_scaling\": " + scaling + ", \"rope_theta\"");
    }

    private static CorruptFiles.FileBuilder model(String config) {
        return folder -> {
            weights(folder, "model.safetensors", "lm_head.weight");
            return config(folder, config);
        };
    }

    private static Path config(Path folder, String json) throws IOException {
        Files.writeString(folder.resolve("config.json"), json);
        return folder;
    }

    private static Path indexed(Path folder, String index) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), index);
        return config(folder, CONFIG);
    }

    private static void weights(Path folder, String file, String tensor) throws IOException {
        String header = "{" + entry(tensor, "F32", "[2, 4]", "[0, 32]") + "}";
        Files.write(folder.resolve(file), RawSafetensors.of(header, 32));
    }
}
