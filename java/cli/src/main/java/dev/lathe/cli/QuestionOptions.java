package dev.lathe.cli;

import dev.lathe.UsageException;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.run.RunFolder;
import dev.lathe.eval.run.RunSettings;
import dev.lathe.eval.task.Tasks;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is asked, and how. */
final class QuestionOptions {
    private static final Map<String, PromptStyle> STYLES =
            Map.of(
                    "chat",
                    PromptStyle.CHAT,
                    "think",
                    PromptStyle.CHAT_THINK,
                    "raw",
                    PromptStyle.RAW);

    @Option(
            names = "--tasks",
            required = true,
            split = ",",
            paramLabel = "NAME",
            completionCandidates = TaskNames.class,
            description = "Tasks, separated by commas: ${COMPLETION-CANDIDATES}.")
    private List<String> tasks;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description =
                    "Folder of the run: answers and report. A run that is there already goes on.")
    private Path output;

    @Mixin private TaskData data;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "At most so many questions of each task, spread evenly over it; 0: all."
                            + " Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(
            names = "--samples",
            paramLabel = "K",
            defaultValue = "1",
            description =
                    "Answers to each question; standard errors are over them. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int samples;

    @Mixin private SamplingOptions sampling;

    @Option(
            names = "--prompt",
            paramLabel = "STYLE",
            defaultValue = "chat",
            description =
                    "chat: through the model's chat template; think: and its turn starts with"
                            + " <think>; raw: plain text, as the paper prints it. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String style;

    Path output() {
        return output;
    }

    int contextTokens() {
        return sampling.contextTokens();
    }

    /** Begins the run, or takes it up. */
    RunFolder run() {
        PromptStyle promptStyle = STYLES.get(style);
        if (promptStyle == null) {
            throw new UsageException("--prompt must be chat, think or raw, not " + style);
        }
        RunSettings settings =
                new RunSettings(
                        tasks,
                        limit,
                        samples,
                        promptStyle,
                        sampling.sampling(),
                        sampling.seed(),
                        sampling.maximumTokens(),
                        sampling.contextTokens());
        return RunFolder.create(
                output, settings, Tasks.questions(data.path(), settings.tasks(), limit));
    }
}
