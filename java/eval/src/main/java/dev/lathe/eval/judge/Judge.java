package dev.lathe.eval.judge;

import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.eval.run.AnswerRecord;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Task;
import dev.lathe.eval.task.Tasks;

/** Judges outputs: the answer, its score, truncation and repetition. */
public final class Judge {
    private Judge() {}

    /**
     * Judges the output of an engine.
     *
     * @param question what was asked
     * @param answer what came back
     * @return the judgement, or null where the engine failed
     */
    public static Judgement of(Question question, AnswerRecord answer) {
        if (answer.failed()) {
            return null;
        }
        boolean truncated = answer.stop() == StopReason.LENGTH;
        return of(
                question,
                answer.output(),
                truncated,
                ModelOutput.parse(answer.output(), truncated));
    }

    /**
     * Judges an output of which nothing but the text is known.
     *
     * @param question what was asked
     * @param output the text
     * @return the judgement; truncation is guessed from the text's end
     */
    public static Judgement of(Question question, String output) {
        ModelOutput parts = ModelOutput.parse(output);
        return of(question, output, parts.cut(), parts);
    }

    private static Judgement of(
            Question question, String output, boolean truncated, ModelOutput parts) {
        Task task = Tasks.named(question.task());
        Extraction extraction = task.extract(question, parts);
        return new Judgement(
                extraction, task.score(question, extraction), truncated, Repetition.of(output));
    }
}
