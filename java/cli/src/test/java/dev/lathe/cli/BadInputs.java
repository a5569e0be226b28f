package dev.lathe.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What users get wrong, and what must be said of it. Broken checkpoints have a table of their own.
 */
final class BadInputs {
    private static final int USAGE = Main.USAGE;
    private static final int BAD_DATA = Main.BAD_DATA;

    private final List<Case> cases = new ArrayList<>();

    private BadInputs() {}

    /**
     * One mistake.
     *
     * @param name what is wrong
     * @param status the exit status that it must give
     * @param words what the one line must contain
     * @param command makes the command in an empty folder
     */
    record Case(String name, int status, List<String> words, Command command) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Makes a command and the files that it is about. */
    @FunctionalInterface
    interface Command {
        List<Object> in(Path folder) throws IOException;
    }

    /** The whole table. */
    static List<Case> all() {
        BadInputs table = new BadInputs();
        table.commandLines();
        table.numbers();
        table.types();
        table.recipes();
        table.calibrations();
        table.outputs();
        table.models();
        table.measurements();
        table.importance();
        return List.copyOf(table.cases);
    }

    private void add(String name, int status, Command command, String... words) {
        cases.add(new Case(name, status, List.of(words), command));
    }

    /** A compression of a sound model with options that are not. */
    private void options(String options, String... words) {
        add(options, USAGE, folder -> compress(folder, options.split(" ")), words);
    }

    private static List<Object> compress(Path folder, String... options) {
        return compress(CommandRun.model("llama-tied"), folder.resolve("out.gguf"), options);
    }

    private static List<Object> compress(Path model, Path output, String... options) {
        List<Object> command = new ArrayList<>(List.of("compress", model, "-o", output));
        command.addAll(List.of(options));
        return command;
    }

    private void commandLines() {
        add(
                "unknown command",
                USAGE,
                folder -> List.of("compres", "x"),
                "unknown command 'compres'; did you mean compress?");
        add(
                "unknown option",
                USAGE,
                folder -> compress(folder, "--sparsty", "0.5"),
                "unknown option '--sparsty'; did you mean --sparsity?");
        add("no output", USAGE, folder -> List.of("compress", "model.gguf"), "--output");
        add("no model", USAGE, folder -> List.of("inspect"), "MODEL");
        add(
                "two models",
                USAGE,
                folder -> List.of("inspect", CommandRun.model("qwen2"), "second"),
                "unexpected argument 'second'");
        add("option without value", USAGE, folder -> compress(folder, "--type"), "--type");
        options("--threads many", "--threads", "'many'");
        options("--sparsity half", "--sparsity", "'half'");
        options("--sequences 1.5", "--sequences", "'1.5'");
    }

    private void numbers() {
        options("--sparsity 1.5", "sparsity 1.5");
        options("--sparsity -0.1", "sparsity -0.1");
        options("--sparsity NaN", "sparsity NaN");
        options("--sparsity 1", "sparsity 1.0");
        options("--pattern 5:4", "pattern 5:4");
        options("--pattern 4:4", "pattern 4:4");
        options("--pattern 0:4", "pattern 0:4");
        options("--pattern -1:4", "pattern -1:4");
        options("--pattern 2:0", "pattern 2:");
        options("--pattern x:y", "'x:y'");
        options("--pattern 2:4:8", "'2:4:8'");
        options("--pattern 99999999999:4", "'99999999999:4'");
        options("--pattern 3:7", "3:7", "rows of 96");
        options("--sparsity 0.5 --pattern 2:4", "--sparsity and --pattern exclude each other");
        options("--threads -1", "-1 threads");
        options("--memory 1m", "bound is 1 M");
        options("--memory lots", "'lots'");
        options("--memory 0", "'0'");
        options("--memory 99999999999t", "'99999999999t'");
        options("--sparsity 0.5 --damping -1", "damping -1.0");
        options("--sparsity 0.5 --damping NaN", "damping NaN");
        options("--sparsity 0.5 --shrinkage 2", "shrinkage 2.0");
        options("--sparsity 0.5 --mask-block 0", "mask-block 0");
        options("--sparsity 0.5 --update-block 5000", "update-block 5000");
        options("--device tpu", "'tpu'");
    }

    private void types() {
        options("--type Q9_K", "'Q9_K'", "Q4_K");
        options("--type Q8_K", "'Q8_K'", "cannot be written");
        options("--type Q4_0 --head-type nothing", "'nothing'");
        options("--type IQ4_NL --sparsity 0.5", "IQ4_NL", "exact zero", "down_proj");
        options("--type IQ4_XS --sparsity 0.5", "IQ4_NL", "exact zero", "down_proj");
        options("--method sparsegtp", "'sparsegtp'", "sparsegpt");
        options("--feedback some", "'some'", "obs, none");
        options("--protect final-layer=Q9", "'Q9'");
        options("--protect final-layer=", "'final-layer='");
        options("--protect =Q8_0", "'=Q8_0'");
        options("--protect ((=Q8_0", "'(('");
        options("--protect fnal-layer=Q8_0", "'fnal-layer'", "selects no tensor");
    }

    private void recipe(String name, String content, String... words) {
        add(
                name,
                USAGE,
                folder -> {
                    Path recipe = Files.writeString(folder.resolve("recipe.yaml"), content);
                    return compress(folder, "--recipe", recipe.toString());
                },
                words);
    }

    private void recipes() {
        recipe("recipe with an unknown field", "sparcity: 0.5", "recipe.yaml", "'sparcity'");
        recipe("recipe that is no YAML", "sparsity: [0.5\nx: }", "recipe.yaml");
        recipe("empty recipe", "", "recipe.yaml", "empty");
        recipe("recipe that is a list", "- 1\n- 2\n", "recipe.yaml");
        recipe("list for a number", "sparsity: [1, 2]", "recipe.yaml");
        recipe("word for a number", "sparsity: much", "recipe.yaml", "much");
        recipe("number out of range", "sparsity: 1.5", "recipe.yaml", "sparsity 1.5");
        recipe(
                "unknown role",
                "rules: [{roles: [v_project], type: Q8_0}]",
                "recipe.yaml",
                "'v_project'");
        recipe("unknown layers", "rules: [{layers: last, type: Q8_0}]", "recipe.yaml", "'last'");
        recipe(
                "layers that the model has not",
                "rules: [{layers: 7-9, type: Q8_0}]",
                "'7-9'",
                "2 blocks");
        recipe("rule without effect", "rules: [{layers: final}]", "recipe.yaml", "gives none");
        recipe(
                "embedding that is to be pruned",
                "rules: [{roles: [embed_tokens], sparsity: 0.5}]",
                "embed_tokens",
                "never pruned");
        add(
                "missing recipe",
                USAGE,
                folder -> compress(folder, "--recipe", folder.resolve("absent.yaml").toString()),
                "absent.yaml",
                "does not exist");
        add(
                "recipe that is a folder",
                USAGE,
                folder -> compress(folder, "--recipe", folder.toString()),
                "cannot be read");
    }

    private void calibration(String name, Function<Path, String> file, String... words) {
        add(
                name,
                USAGE,
                folder ->
                        compress(folder, "--sparsity", "0.5", "--calibration", file.apply(folder)),
                words);
    }

    private void calibrations() {
        calibration(
                "missing calibration text",
                folder -> folder.resolve("absent.txt").toString(),
                "absent.txt",
                "does not exist");
        calibration("calibration text that is a folder", Path::toString, "cannot be read");
        calibration(
                "calibration text with too few tokens",
                folder -> write(folder.resolve("short.txt"), "only a few words"),
                "short.txt",
                "32 were asked for");
        calibration(
                "calibration text that is not UTF-8",
                folder -> write(folder.resolve("bytes.txt"), "\u00ff\u00fe\u00fd"),
                "bytes.txt",
                "UTF-8");
        calibration(
                "chat that is no JSON",
                folder -> write(folder.resolve("chat.jsonl"), "{\"messages\": "),
                "chat.jsonl");
        options("--sparsity 0.5 --sequences 0", "calibration", "0 sequences");
        options("--sparsity 0.5 --sequences -1", "-1 calibration sequences");
        options("--sparsity 0.5 --length 1", "1 tokens");
    }

    /** Characters up to 255 become single bytes. */
    private static String write(Path file, String text) {
        try {
            Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
            return file.toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A file of a length that takes no room on the disk. */
    private static String sparse(Path file, long length) {
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(length);
            return file.toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void output(String name, Function<Path, Path> output, String... words) {
        add(
                name,
                USAGE,
                folder -> compress(CommandRun.model("qwen3"), output.apply(folder)),
                words);
    }

    private void outputs() {
        output(
                "output that exists",
                folder -> Path.of(write(folder.resolve("there.gguf"), "precious")),
                "there.gguf",
                "exists already");
        output(
                "output folder with something in it",
                folder -> {
                    write(folder.resolve("file"), "precious");
                    return folder;
                },
                "exists already");
        output(
                "GGUF output that is a folder",
                folder ->
                        folder.resolve("x.gguf").toFile().mkdir() ? folder.resolve("x.gguf") : null,
                "x.gguf",
                "is a folder");
        output(
                "output in a missing folder",
                folder -> folder.resolve("absent/out.gguf"),
                "absent",
                "does not exist");
        output(
                "output folder in a missing folder",
                folder -> folder.resolve("absent/out"),
                "absent",
                "does not exist");
        output(
                "output below a file",
                folder -> Path.of(write(folder.resolve("file"), ""), "out.gguf"),
                "out.gguf",
                "cannot be written");
        output("output in a folder that takes none", folder -> Path.of("/proc/out.gguf"), "/proc");
        output("output that is the root", folder -> Path.of("/"), "'/'");
        add(
                "folder that is no earlier output",
                USAGE,
                folder -> {
                    write(folder.resolve("file"), "precious");
                    return compress(CommandRun.model("qwen3"), folder, "--replace");
                },
                "is not replaced");
    }

    private void model(String name, int status, String source, Breaking breaking, String... words) {
        add(
                name,
                status,
                folder -> {
                    Path model = ModelCopy.of(source, folder);
                    breaking.apply(model);
                    return compress(
                            model,
                            folder.resolve("out.gguf"),
                            "--sparsity",
                            "0.5",
                            "--sequences",
                            "4",
                            "--length",
                            "32",
                            "--calibration",
                            CalibrationText.write(folder.resolve("text.txt"), 500).toString());
                },
                words);
    }

    @FunctionalInterface
    private interface Breaking {
        void apply(Path model) throws IOException;
    }

    private void models() {
        byte[] nan = {0, 0, (byte) 0xc0, 0x7f};
        byte[] infinity = {0, 0, (byte) 0x80, 0x7f};
        model(
                "NaN in a layer that is pruned",
                BAD_DATA,
                "llama-tied",
                model ->
                        ModelCopy.overwrite(
                                model, "model.layers.1.mlp.up_proj.weight", 4 * 67, nan),
                "model.layers.1.mlp.up_proj.weight",
                "row 1, column 3");
        model(
                "infinity in a norm",
                BAD_DATA,
                "llama-tied",
                model -> ModelCopy.overwrite(model, "model.norm.weight", 4 * 5, infinity),
                "model.norm.weight",
                "column 5");
        model(
                "NaN in the embedding",
                BAD_DATA,
                "llama-tied",
                model -> ModelCopy.overwrite(model, "model.embed_tokens.weight", 0, nan),
                "model.embed_tokens.weight",
                "row 0, column 0");
        model(
                "tokenizer of another model",
                BAD_DATA,
                "llama-head",
                model -> ModelCopy.edit(model, "tokenizer.json", "\"id\": 299", "\"id\": 305"),
                "tokenizer.json",
                "306 tokens",
                "300 rows");
        model(
                "no tokenizer",
                BAD_DATA,
                "llama-head",
                model -> Files.delete(model.resolve("tokenizer.json")),
                "tokenizer.json");
        model(
                "tokenizer that is no JSON",
                BAD_DATA,
                "llama-head",
                model -> Files.writeString(model.resolve("tokenizer.json"), "{"),
                "tokenizer.json");
        model(
                "missing shard",
                BAD_DATA,
                "llama-rope",
                model -> Files.delete(model.resolve("model-00002-of-00002.safetensors")),
                "model-00002-of-00002.safetensors");
        model(
                "truncated weights",
                BAD_DATA,
                "qwen3",
                model -> ModelCopy.truncate(model.resolve("model.safetensors"), 100),
                "model.safetensors");
        model(
                "description of a wider model",
                BAD_DATA,
                "qwen2",
                model ->
                        ModelCopy.edit(
                                model,
                                "config.json",
                                "\"intermediate_size\": 96",
                                "\"intermediate_size\": 128"),
                "mlp.",
                "[96, 64]",
                "[128, 64]");
        model(
                "description of a deeper model",
                BAD_DATA,
                "qwen2",
                model ->
                        ModelCopy.edit(
                                model,
                                "config.json",
                                "\"num_hidden_layers\": 2",
                                "\"num_hidden_layers\": 3"),
                "model.layers.2");
        model(
                "unknown architecture",
                USAGE,
                "qwen2",
                model ->
                        ModelCopy.edit(
                                model,
                                "config.json",
                                "\"model_type\": \"qwen2\"",
                                "\"model_type\": \"mamba\""),
                "'mamba'",
                "llama, qwen2, qwen3");
        add(
                "no model at the path",
                USAGE,
                folder -> compress(folder.resolve("absent"), folder.resolve("out.gguf")),
                "absent",
                "does not exist");
    }

    private void measurements() {
        Path model = CommandRun.model("qwen2");
        add("measure without text", USAGE, folder -> List.of("measure", model), "--text");
        add(
                "measure on a missing text",
                USAGE,
                folder -> List.of("measure", model, "--text", folder.resolve("absent.txt")),
                "absent.txt",
                "does not exist");
        add(
                "measure on a short text",
                USAGE,
                folder -> List.of("measure", model, "--text", write(folder.resolve("t"), "word")),
                "fewer than one sequence of 512");
        add(
                "measure against another vocabulary",
                USAGE,
                folder ->
                        List.of(
                                "measure",
                                model,
                                "--reference",
                                CommandRun.model("qwen3"),
                                "--text",
                                CalibrationText.write(folder.resolve("text.txt"), 2000)),
                "vocabulary of 300",
                "304");
        add(
                "sequences of one token",
                USAGE,
                folder -> List.of("measure", model, "--text", "x", "--length", "1"),
                "1 tokens");
        add(
                "plan for a recipe that cannot be",
                USAGE,
                folder -> List.of("plan", model, "-o", folder.resolve("x.gguf"), "--sparsity", "2"),
                "sparsity 2.0");
    }

    private void importance() {
        Path model = CommandRun.model("qwen2");
        add("imatrix without output", USAGE, folder -> List.of("imatrix", model), "--output");
        add(
                "imatrix of a missing text",
                USAGE,
                folder ->
                        List.of(
                                "imatrix",
                                model,
                                "-o",
                                folder.resolve("m.gguf"),
                                "--calibration",
                                folder.resolve("absent.txt")),
                "absent.txt",
                "does not exist");
        add(
                "imatrix of a short text",
                USAGE,
                folder ->
                        List.of(
                                "imatrix",
                                model,
                                "-o",
                                folder.resolve("m.gguf"),
                                "--calibration",
                                write(folder.resolve("t"), "word")),
                "enough for 0 sequences of 512; 1 were asked for");
        add(
                "imatrix of a text that is too large",
                USAGE,
                folder ->
                        List.of(
                                "imatrix",
                                model,
                                "-o",
                                folder.resolve("m.gguf"),
                                "--calibration",
                                sparse(folder.resolve("t"), 1L << 33)),
                "is too large: 8589934592 bytes");
        add(
                "imatrix into no folder",
                USAGE,
                folder -> List.of("imatrix", model, "-o", folder.resolve("absent/m.gguf")),
                "there is no folder");
        add(
                "imatrix in the place of a file",
                USAGE,
                folder -> List.of("imatrix", model, "-o", write(folder.resolve("m.gguf"), "x")),
                "m.gguf exists already");
        options("--type Q4_0 --imatrix m.gguf", "imatrix goes with feedback none");
        options("--type Q4_0 --feedback none --imatrix absent.gguf", "absent.gguf does not exist");
        options(
                "--type Q4_0 --feedback none --sparsity 0.5 --imatrix m.gguf",
                "sparsegpt",
                "calibration of its own");
        add(
                "imatrix that is something else",
                BAD_DATA,
                folder ->
                        compress(
                                folder,
                                "--type",
                                "Q4_0",
                                "--feedback",
                                "none",
                                "--imatrix",
                                write(folder.resolve("m.dat"), "no matrix")),
                "m.dat",
                "neither GGUF nor safetensors");
    }
}
