package dev.lathe.cli;

import dev.lathe.eval.TinyReasoner;
import dev.lathe.eval.engines.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What users get wrong when they evaluate. */
final class EvaluationMistakes {
    private static final int USAGE = Main.USAGE;
    private static final int BAD_DATA = Main.BAD_DATA;
    private static final Path DATA = FewQuestions.DATA;

    private final List<BadInputs.Case> cases = new ArrayList<>();

    private EvaluationMistakes() {}

    /** The whole table. */
    static List<BadInputs.Case> all() {
        EvaluationMistakes table = new EvaluationMistakes();
        table.questions();
        table.numbers();
        table.models();
        table.folders();
        table.scores();
        table.sweeps();
        table.downloads();
        return List.copyOf(table.cases);
    }

    private void add(String name, int status, BadInputs.Command command, String... words) {
        cases.add(new BadInputs.Case(name, status, List.of(words), command));
    }

    /** A model that is never asked. */
    private static Path model(Path folder) {
        return SmallModel.write("llama-tied", folder);
    }

    private static List<Object> eval(Path folder, Object... more) {
        List<Object> command = new ArrayList<>(List.of("eval", model(folder)));
        command.addAll(List.of("-o", folder.resolve("run")));
        command.addAll(List.of(more));
        return command;
    }

    /** An evaluation of temporal sequences with options that cannot be. */
    private void options(String options, String... words) {
        add(
                "eval " + options,
                USAGE,
                folder -> {
                    List<Object> command = eval(folder, "--tasks", "temporal-sequences");
                    command.addAll(List.of("--data", DATA));
                    command.addAll(List.of((Object[]) options.split(" ")));
                    return command;
                },
                words);
    }

    private static Path write(Path file, String text) throws IOException {
        return Files.writeString(file, text);
    }

    private void questions() {
        add("eval without tasks", USAGE, folder -> eval(folder), "--tasks");
        add(
                "unknown task",
                USAGE,
                folder -> eval(folder, "--tasks", "gsm8k", "--data", DATA),
                "no task gsm8k",
                "aime2024, folio, musique, temporal-sequences");
        add(
                "a task twice",
                USAGE,
                folder -> eval(folder, "--tasks", "folio,folio", "--data", DATA),
                "each task counts once");
        add(
                "no data",
                USAGE,
                folder -> eval(folder, "--tasks", "folio", "--data", folder.resolve("absent")),
                "folio-validation.jsonl does not exist",
                "lathe pull-tasks");
        add(
                "one file for two tasks",
                USAGE,
                folder -> eval(folder, "--tasks", "folio,musique", "--data", DATA),
                "there are several tasks");
        add(
                "data of another task",
                BAD_DATA,
                folder -> eval(folder, "--tasks", "folio", "--data", DATA),
                "questions.json: row 0");
        add(
                "data with a broken row",
                BAD_DATA,
                folder ->
                        eval(
                                folder,
                                "--tasks",
                                "aime2024",
                                "--data",
                                write(
                                        folder.resolve("set.jsonl"),
                                        "{\"problem\": \"p\", \"answer\": 1}\n{\"problem\":")),
                "set.jsonl",
                "not JSON");
        add(
                "an answer that is no option",
                BAD_DATA,
                folder ->
                        eval(
                                folder,
                                "--tasks",
                                "temporal-sequences",
                                "--data",
                                write(
                                        folder.resolve("set.json"),
                                        "{\"input\": \"?\\n(A) 1pm to 2pm\", \"target\": \"(B)\"}")),
                "row 0: target");
    }

    private void numbers() {
        options("--limit -1", "limit");
        options("--samples 0", "samples must be at least 1");
        options("--samples 2 --greedy", "greedy answers", "all the same");
        options("--temperature -1", "temperature must be 0 to 10");
        options("--temperature NaN", "temperature must be 0 to 10");
        options("--top-p 0", "top-p");
        options("--max-tokens 0", "at least 1");
        options("--max-tokens 100 --context 50", "context of 50 tokens");
        options("--prompt poetry", "chat, think or raw, not poetry");
        options("--attempts 0", "at least one attempt");
        options("--concurrency -1", "concurrency must be 0");
        options("--engine-threads -1", "threads must be 0");
        options("--stall 0", "without progress");
        options("--engine vllm", "no engine 'vllm'", "http://");
        options("--engine http://", "'http://' is not the address of a server");
        options("--engine http://127.0.0.1:9 --key-variable NO_SUCH_KEY", "NO_SUCH_KEY");
    }

    private void models() {
        Object[] asked = {"--tasks", "temporal-sequences", "--data", DATA};
        add(
                "eval of a folder",
                USAGE,
                folder ->
                        command(
                                List.of("eval", TinyReasoner.FOLDER, "-o", folder.resolve("r")),
                                asked),
                "embedded engine needs a GGUF file",
                "lathe compress");
        add(
                "eval of an absent model",
                USAGE,
                folder -> command(List.of("eval", "absent.gguf", "-o", folder.resolve("r")), asked),
                "absent.gguf");
        add(
                "two models of one name",
                USAGE,
                folder -> {
                    Path model = model(folder);
                    Path output = folder.resolve("r");
                    List<Object> words = List.of("eval", "a=" + model, "a=" + model, "-o", output);
                    return command(words, asked);
                },
                "two models are called a",
                "NAME=MODEL");
        add(
                "eval of a broken model",
                BAD_DATA,
                folder ->
                        command(
                                List.of(
                                        "eval",
                                        write(folder.resolve("broken.gguf"), "GGUF, as it were"),
                                        "-o",
                                        folder.resolve("r")),
                                asked),
                "broken.gguf");
        add(
                "a model of which nobody says what it is",
                USAGE,
                folder -> command(List.of("eval", "-o", folder.resolve("r")), asked),
                "MODEL");
    }

    private static List<Object> command(List<Object> words, Object... more) {
        List<Object> command = new ArrayList<>(words);
        command.addAll(List.of(more));
        return command;
    }

    private void folders() {
        add(
                "report of nothing",
                USAGE,
                folder -> List.of("report", folder.resolve("absent")),
                "absent holds no evaluation");
        add(
                "report of another folder",
                USAGE,
                folder -> {
                    write(folder.resolve("notes.txt"), "x");
                    return List.of("report", folder);
                },
                "holds no evaluation: there is no run.json");
        add(
                "report of a broken run",
                BAD_DATA,
                folder -> {
                    write(folder.resolve("run.json"), "{\"version\": 1, ");
                    return List.of("report", folder);
                },
                "run.json");
        add(
                "report of a run of the future",
                BAD_DATA,
                folder -> {
                    write(folder.resolve("run.json"), "{\"version\": 2, \"settings\": null}");
                    return List.of("report", folder);
                },
                "version must be 1, not 2");
        add(
                "eval into a folder with something else",
                USAGE,
                folder -> {
                    Path taken = Files.createDirectory(folder.resolve("taken"));
                    write(taken.resolve("thesis.txt"), "x");
                    return command(
                            List.of("eval", model(folder), "-o", taken),
                            "--tasks",
                            "temporal-sequences",
                            "--data",
                            DATA);
                },
                "taken holds something else");
    }

    private void score(String name, int status, String outputs, String... words) {
        add(
                name,
                status,
                folder ->
                        List.of(
                                "score",
                                "--task",
                                "temporal-sequences",
                                "--data",
                                DATA,
                                "--outputs",
                                write(folder.resolve("outputs.jsonl"), outputs)),
                words);
    }

    private void scores() {
        String sound = "{\"index\": 0, \"output\": \"(A)\"}\n";
        score("score of nothing", BAD_DATA, "", "holds no outputs");
        score("score of a broken line", BAD_DATA, sound + "{\"index\": 1", "outputs.jsonl: line 2");
        score("score without an index", BAD_DATA, sound + "{\"output\": \"x\"}", "line 2: index");
        score("an index that is text", BAD_DATA, "{\"index\":\"0\",\"output\":\"\"}", "integer");
        score("score without an output", BAD_DATA, "{\"index\": 0}", "line 1: output must be text");
        score(
                "an index of no question",
                BAD_DATA,
                "{\"index\": 200, \"output\": \"x\"}",
                "index 200",
                "has 200 questions");
        add(
                "score of a missing file",
                USAGE,
                folder ->
                        List.of(
                                "score",
                                "--task",
                                "temporal-sequences",
                                "--data",
                                DATA,
                                "--outputs",
                                folder.resolve("absent.jsonl")),
                "absent.jsonl does not exist");
        add(
                "score of an unknown task",
                USAGE,
                folder -> List.of("score", "--task", "gsm8k", "--outputs", "x", "--data", DATA),
                "no task gsm8k");
        add(
                "score in an unknown order",
                USAGE,
                folder ->
                        List.of(
                                "score",
                                "--task",
                                "temporal-sequences",
                                "--data",
                                DATA,
                                "--order",
                                "random",
                                "--outputs",
                                write(folder.resolve("outputs.jsonl"), sound)),
                "data, paper or auto, not random");
    }

    private void sweep(String options, String... words) {
        add(
                "sweep " + options,
                USAGE,
                folder -> {
                    List<Object> command =
                            command(
                                    List.of("sweep", model(folder), "-o", folder.resolve("sweep")),
                                    "--tasks",
                                    "temporal-sequences",
                                    "--data",
                                    DATA);
                    command.addAll(List.of((Object[]) options.split(" ")));
                    return command;
                },
                words);
    }

    private void sweeps() {
        sweep("--limit 2", "nothing to compress");
        sweep("--sparsity 0.5,0.5", "counts once");
        sweep("--sparsity half", "'half'");
        sweep("--sparsity 1.5", "sparsity 1.5");
        sweep("--sparsity -0.5", "sparsity -0.5");
        sweep("--type Q9_9", "Q9_9");
        sweep("--mix Q9_K_M", "Q9_K_M");
        sweep("--bpw 0.1", "0.1");
        sweep("--sparsity 0.5 --type IQ4_NL", "no point is possible", "IQ4_NL");
        sweep("--type Q4_0 --recipe absent.yaml", "absent.yaml");
        sweep("--type Q4_0 --engine http://127.0.0.1:9/v1", "unknown option '--engine'");
        sweep("--type Q4_0 --stall 0", "without progress");
        sweep("--type Q4_0 --threads -1", "-1 threads");
    }

    private void downloads() {
        add(
                "pull-tasks of an unknown task",
                USAGE,
                folder -> List.of("pull-tasks", "--tasks", "gsm8k", "-o", folder.resolve("data")),
                "no task gsm8k");
        add(
                "pull-tasks without time",
                USAGE,
                folder -> List.of("pull-tasks", "--timeout", "0", "-o", folder.resolve("data")),
                "--timeout must be at least 1");
        for (String mirror : List.of("here", "not an address", "ftp://host/x", "http:///x")) {
            add(
                    "pull-tasks from " + mirror,
                    USAGE,
                    folder -> List.of("pull-tasks", "--mirror", mirror, "-o", folder.resolve("d")),
                    "--mirror",
                    mirror);
        }
    }
}
