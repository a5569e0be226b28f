package dev.lathe.eval.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lathe.DataException;
import dev.lathe.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The part of a run's folder that holds one model: {@code model.json} and {@code answers.jsonl}.
 */
public final class ModelFolder {
    private static final String DESCRIPTION = "model.json";
    private static final String ANSWERS = "answers.jsonl";

    /** Threads and addresses may change from run to run, these may not. */
    private static final List<String> IDENTITY = List.of("engine", "model");

    private final Path path;
    private Content content;

    private ModelFolder(Path path, Content content) {
        this.path = path;
        this.content = content;
    }

    /**
     * What {@code model.json} holds.
     *
     * @param model the model
     * @param fingerprint of its files, or null
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Content(ModelDescription model, String fingerprint) {}

    static ModelFolder create(Path path, ModelDescription model, String fingerprint) {
        ModelFolder folder = new ModelFolder(path, new Content(model, fingerprint));
        folder.write();
        return folder;
    }

    static ModelFolder open(Path path) {
        Path file = path.resolve(DESCRIPTION);
        Content content = RunFiles.read(file, Content.class);
        ModelDescription model = content.model();
        if (model == null || model.name() == null || model.engine() == null) {
            throw new DataException(file + ": must name the model and its engine");
        }
        return new ModelFolder(path, content);
    }

    static boolean isOne(Path path) {
        return Files.isRegularFile(path.resolve(DESCRIPTION));
    }

    /**
     * The model.
     *
     * @return its description
     */
    public ModelDescription model() {
        return content.model();
    }

    /**
     * Where its answers are.
     *
     * @return the path of {@code answers.jsonl}
     */
    public Path answers() {
        return path.resolve(ANSWERS);
    }

    /** Refuses another model under the same name: its answers would be mixed. */
    void requireSame(ModelDescription model, String fingerprint) {
        boolean same =
                Objects.equals(fingerprint, content.fingerprint())
                        && Objects.equals(model.bytes(), model().bytes());
        if (!same) {
            throw new UsageException(
                    path
                            + " holds answers of another model of the name "
                            + model.name()
                            + "; evaluate into another folder, or give this model another name");
        }
    }

    /** Notes what runs the model; another engine or served model than before is refused. */
    void engine(Map<String, String> engine) {
        Map<String, String> before = model().engine();
        for (String key : IDENTITY) {
            if (!before.isEmpty() && !Objects.equals(before.get(key), engine.get(key))) {
                throw new UsageException(
                        path
                                + " holds answers of "
                                + key
                                + " "
                                + before.get(key)
                                + ", now "
                                + engine.get(key)
                                + "; evaluate into another folder");
            }
        }
        if (!before.equals(engine)) {
            content = new Content(model().withEngine(engine), content.fingerprint());
            write();
        }
    }

    private void write() {
        RunFiles.write(path.resolve(DESCRIPTION), RunFiles.indented(content));
    }
}
