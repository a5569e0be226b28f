package dev.lathe.eval.results;

import dev.lathe.UsageException;
import dev.lathe.eval.judge.Judge;
import dev.lathe.eval.run.AnswerLog;
import dev.lathe.eval.run.AnswerRecord;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.run.ModelFolder;
import dev.lathe.eval.run.QuestionIndex;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.task.Question;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The evaluation that lies in one or more folders of the same settings and questions. */
final class FolderEvaluation implements Evaluation {
    private final RunFolder run;
    private final Map<String, AnswerLog> logs = new LinkedHashMap<>();
    private final Results results;

    FolderEvaluation(List<Path> folders, String baseline) {
        run = RunFolder.open(folders.get(0));
        Map<String, ModelDescription> models = new LinkedHashMap<>();
        try {
            for (Path folder : folders) {
                open(RunFolder.open(folder), models);
            }
            if (models.isEmpty()) {
                throw new UsageException(folders.get(0) + " holds no answers of any model yet");
            }
            results = new Analysis(run, order(models, baseline), logs).results();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void open(RunFolder folder, Map<String, ModelDescription> models) {
        boolean same =
                folder.settings().equals(run.settings())
                        && folder.index().questions().equals(run.index().questions());
        if (!same) {
            throw new UsageException(
                    folder.path()
                            + " and "
                            + run.path()
                            + " asked different questions or asked them differently; report on each"
                            + " alone");
        }
        for (ModelFolder model : folder.models()) {
            if (!Files.exists(model.answers())) {
                continue;
            }
            String name = model.model().name();
            if (models.putIfAbsent(name, model.model()) != null) {
                throw new UsageException(
                        folder.path() + " and another folder both hold a model " + name);
            }
            logs.put(name, AnswerLog.read(model.answers(), run.index()));
        }
    }

    /** The baseline first. */
    private static List<ModelDescription> order(
            Map<String, ModelDescription> models, String baseline) {
        List<ModelDescription> order = new ArrayList<>(models.values());
        if (baseline != null) {
            ModelDescription first = models.get(baseline);
            if (first == null) {
                throw new UsageException(
                        "no model "
                                + baseline
                                + " to compare with; there are "
                                + String.join(", ", models.keySet()));
            }
            order.remove(first);
            order.add(0, first);
        }
        return order;
    }

    @Override
    public Results results() {
        return results;
    }

    @Override
    public List<Question> questions() {
        return run.index().questions();
    }

    @Override
    public List<JudgedAnswer> answers(Question question) {
        QuestionIndex index = run.index();
        int position = index.position(question.task(), question.index());
        List<JudgedAnswer> answers = new ArrayList<>();
        for (ModelResult model : results.models()) {
            AnswerLog log = logs.get(model.model().name());
            for (int sample = 0; position >= 0 && sample < index.samples(); sample++) {
                AnswerRecord answer = log.get(index.slot(position, sample));
                if (answer != null) {
                    answers.add(
                            new JudgedAnswer(
                                    model.model().name(), answer, Judge.of(question, answer)));
                }
            }
        }
        return answers;
    }

    @Override
    public void close() {
        logs.values().forEach(AnswerLog::close);
    }
}
