package dev.lathe.eval.run;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.eval.task.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder of a run: {@code run.json} with the settings, {@code questions.jsonl} with the
 * questions and all that judging them needs, and {@code models/} with a folder for each model.
 */
public final class RunFolder {
    private static final int VERSION = 1;
    private static final String RUN = "run.json";
    private static final String QUESTIONS = "questions.jsonl";
    private static final String MODELS = "models";

    private final Path path;
    private final RunSettings settings;
    private final QuestionIndex index;

    private RunFolder(Path path, RunSettings settings, List<Question> questions) {
        this.path = path;
        this.settings = settings;
        this.index = new QuestionIndex(questions, settings.samples());
    }

    /**
     * What {@code run.json} holds.
     *
     * @param version of this form
     * @param settings what is asked
     */
    record Content(int version, RunSettings settings) {}

    /**
     * Takes up the run of a folder, or begins one there.
     *
     * @param path the folder
     * @param settings what is asked
     * @param questions the questions, in the order of the settings' tasks
     * @return the folder
     * @throws UsageException if the folder holds a run with other settings or questions
     */
    public static RunFolder create(Path path, RunSettings settings, List<Question> questions) {
        if (Files.exists(path.resolve(RUN))) {
            RunFolder folder = open(path);
            folder.requireSame(settings, questions);
            return folder;
        }
        try {
            requireEmpty(path);
            Files.createDirectories(path.resolve(MODELS));
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be made", e);
        }
        StringBuilder lines = new StringBuilder();
        questions.forEach(question -> lines.append(RunFiles.line(question)));
        RunFiles.write(path.resolve(QUESTIONS), lines.toString());
        RunFiles.write(path.resolve(RUN), RunFiles.indented(new Content(VERSION, settings)));
        return new RunFolder(path, settings, questions);
    }

    /**
     * Opens the run of a folder.
     *
     * @param path the folder
     * @return the folder
     * @throws UsageException if it holds no run
     * @throws DataException if a file is not what it should be
     */
    public static RunFolder open(Path path) {
        if (!Files.isRegularFile(path.resolve(RUN))) {
            throw new UsageException(path + " holds no evaluation: there is no " + RUN);
        }
        Content content = RunFiles.read(path.resolve(RUN), Content.class);
        if (content.version() != VERSION || content.settings() == null) {
            throw new DataException(
                    path.resolve(RUN)
                            + ": version must be "
                            + VERSION
                            + ", not "
                            + content.version());
        }
        List<Question> questions = RunFiles.readLines(path.resolve(QUESTIONS), Question.class);
        return new RunFolder(path, content.settings(), questions);
    }

    private static void requireEmpty(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            try (Stream<Path> entries = Files.list(path)) {
                List<String> ours = List.of(QUESTIONS, QUESTIONS + ".part", RUN + ".part", MODELS);
                if (entries.anyMatch(entry -> !ours.contains(entry.getFileName().toString()))) {
                    throw new UsageException(
                            path + " holds something else; name an empty or a new folder");
                }
            }
        } else if (Files.exists(path)) {
            throw new UsageException(path + " is a file; name a folder");
        }
    }

    private void requireSame(RunSettings wanted, List<Question> questions) {
        if (!settings.equals(wanted)) {
            throw new UsageException(
                    path
                            + " holds a run with other settings: "
                            + settings
                            + ", now "
                            + wanted
                            + "; evaluate into another folder");
        }
        if (!index.questions().equals(questions)) {
            throw new UsageException(
                    path
                            + " holds a run over other questions: the tasks' data differ; evaluate into"
                            + " another folder");
        }
    }

    /**
     * The folder.
     *
     * @return its path
     */
    public Path path() {
        return path;
    }

    /**
     * What is asked.
     *
     * @return the settings
     */
    public RunSettings settings() {
        return settings;
    }

    /**
     * The questions.
     *
     * @return with their places
     */
    public QuestionIndex index() {
        return index;
    }

    /**
     * The models.
     *
     * @return in the order in which they were first evaluated
     */
    public List<ModelFolder> models() {
        List<ModelFolder> models = new ArrayList<>();
        try (Stream<Path> entries = Files.list(path.resolve(MODELS))) {
            entries.filter(ModelFolder::isOne).sorted().map(ModelFolder::open).forEach(models::add);
        } catch (IOException e) {
            throw RunFiles.failure(path, "cannot be read", e);
        }
        return models;
    }

    /**
     * The folder of a model; it is made where there is none.
     *
     * @param model the model
     * @param fingerprint of its files, or null for a server's
     * @return its folder
     * @throws UsageException if another model has that name here
     */
    public ModelFolder model(ModelDescription model, String fingerprint) {
        List<ModelFolder> models = models();
        for (ModelFolder each : models) {
            if (each.model().name().equals(model.name())) {
                each.requireSame(model, fingerprint);
                return each;
            }
        }
        String slug = model.name().replaceAll("[^A-Za-z0-9._-]+", "-");
        String name =
                "%03d-%s"
                        .formatted(
                                models.size() + 1, slug.substring(0, Math.min(slug.length(), 80)));
        Path folder = path.resolve(MODELS).resolve(name);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw RunFiles.failure(folder, "cannot be made", e);
        }
        return ModelFolder.create(folder, model, fingerprint);
    }
}
