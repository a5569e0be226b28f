package dev.lathe.eval.run;

import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.eval.engine.Sampling;
import dev.lathe.eval.task.Question;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Made questions and settings. */
public final class MadeRun {
    /** Retries without waits. */
    public static final RetryPolicy QUICK = new RetryPolicy(3, Duration.ZERO, Duration.ZERO);

    private MadeRun() {}

    /** Questions of temporal sequences; the right answer to each is (A). */
    public static List<Question> questions(int count) {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            questions.add(
                    new Question(
                            "temporal-sequences",
                            i,
                            "q" + i,
                            "question " + i,
                            "\n<think>\n",
                            List.of("(A)"),
                            List.of("1pm to 2pm", "2pm to 3pm")));
        }
        return questions;
    }

    /** Settings for them. */
    public static RunSettings settings(int samples) {
        return new RunSettings(
                List.of("temporal-sequences"),
                0,
                samples,
                PromptStyle.CHAT_THINK,
                Sampling.REASONING,
                7,
                1000,
                2000);
    }

    /** A model without files. */
    public static ModelDescription model(String name) {
        return new ModelDescription(name, name + ".gguf", 1000L, 4.5, 0.0, Map.of());
    }
}
