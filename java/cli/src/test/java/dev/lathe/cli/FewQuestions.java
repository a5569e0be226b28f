package dev.lathe.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.eval.TinyReasoner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Evaluations of the tiny reasoner by few questions, and what they leave on the disk. */
final class FewQuestions {
    /** Its questions. */
    static final Path DATA = TinyReasoner.FOLDER.resolve("questions.json");

    private FewQuestions() {}

    /** The options that say what is asked; answers end well before the cap. */
    static List<Object> options(Path output, int limit) {
        return List.of(
                "--tasks",
                "temporal-sequences",
                "--data",
                DATA,
                "--limit",
                limit,
                "--greedy",
                "--prompt",
                "raw",
                "--max-tokens",
                96,
                "--context",
                512,
                "-o",
                output);
    }

    /** A whole command: some words, the options, and more words. */
    static Object[] command(List<Object> words, Path output, int limit, Object... more) {
        List<Object> command = new ArrayList<>(words);
        command.addAll(options(output, limit));
        command.addAll(List.of(more));
        return command.toArray();
    }

    /** The files with the answers of a run's models, in the order of their first evaluation. */
    static List<Path> answers(Path run) throws IOException {
        try (Stream<Path> folders = Files.list(run.resolve("models"))) {
            return folders.sorted().map(folder -> folder.resolve("answers.jsonl")).toList();
        }
    }

    /** What a model said, as {@code task index sample: output}, sorted. */
    static List<String> said(Path answers) throws IOException {
        List<String> said = new ArrayList<>();
        for (String line : Files.readAllLines(answers)) {
            JsonNode answer = new ObjectMapper().readTree(line);
            String key =
                    answer.get("task") + " " + answer.get("index") + " " + answer.get("sample");
            said.add(key + ": " + answer.get("output"));
        }
        return said.stream().sorted().toList();
    }
}
