package dev.lathe.eval.results;

import dev.lathe.eval.judge.Judge;
import dev.lathe.eval.judge.Judgement;
import dev.lathe.eval.run.AnswerLog;
import dev.lathe.eval.run.AnswerRecord;
import dev.lathe.eval.run.QuestionIndex;
import dev.lathe.eval.statistics.Samples;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** What is kept of each answer of a model: a few numbers by slot; outputs are read and let go. */
final class AnswerFigures {
    /** What became of a slot. */
    private enum State {
        MISSING,
        FAILED,
        RIGHT,
        WRONG,
        NO_ANSWER
    }

    private final QuestionIndex index;
    private final State[] states;
    private final float[] f1;
    private final int[] thinking;
    private final int[] answer;
    private final double[] seconds;
    private final boolean[] truncated;
    private final boolean[] repeating;
    private final boolean[] splitEstimated;

    private AnswerFigures(QuestionIndex index) {
        this.index = index;
        int slots = index.slots();
        states = new State[slots];
        f1 = new float[slots];
        thinking = new int[slots];
        answer = new int[slots];
        seconds = new double[slots];
        truncated = new boolean[slots];
        repeating = new boolean[slots];
        splitEstimated = new boolean[slots];
    }

    /** Judges every answer of a log. */
    static AnswerFigures of(AnswerLog log, QuestionIndex index) {
        AnswerFigures figures = new AnswerFigures(index);
        IntStream.range(0, index.slots())
                .parallel()
                .forEach(slot -> figures.take(slot, log.get(slot)));
        return figures;
    }

    private void take(int slot, AnswerRecord record) {
        f1[slot] = Float.NaN;
        if (record == null || record.failed()) {
            states[slot] = record == null ? State.MISSING : State.FAILED;
            return;
        }
        Judgement judgement = Judge.of(index.questions().get(slot / index.samples()), record);
        states[slot] = State.valueOf(judgement.score().verdict().name());
        if (judgement.score().f1() != null) {
            f1[slot] = judgement.score().f1().floatValue();
        }
        thinking[slot] = record.thinkingTokens();
        answer[slot] = record.answerTokens();
        seconds[slot] = record.seconds();
        truncated[slot] = judgement.truncated();
        repeating[slot] = judgement.repetition() != null;
        splitEstimated[slot] = record.splitEstimated();
    }

    /** The slots of a task's questions that have an output. */
    int[] answered(TaskSlots task) {
        return slots(task, this::judged);
    }

    int[] slots(TaskSlots task, IntPredicate which) {
        return task.slots().filter(which).toArray();
    }

    boolean judged(int slot) {
        return states[slot] != State.MISSING && states[slot] != State.FAILED;
    }

    boolean right(int slot) {
        return states[slot] == State.RIGHT;
    }

    int question(int slot) {
        return slot / index.samples();
    }

    int thinkingTokens(int slot) {
        return thinking[slot];
    }

    int answerTokens(int slot) {
        return answer[slot];
    }

    int tokens(int slot) {
        return thinking[slot] + answer[slot];
    }

    double seconds(int slot) {
        return seconds[slot];
    }

    boolean splitEstimated(int slot) {
        return splitEstimated[slot];
    }

    /** 1 for right answers, 0 for others, NaN where there is no output. */
    Samples accuracy(TaskSlots task) {
        return task.samples(slot -> judged(slot) ? (right(slot) ? 1 : 0) : Double.NaN);
    }

    /** F1 of each answer; NaN where there is no output or the task has none. */
    Samples f1(TaskSlots task) {
        return task.samples(slot -> f1[slot]);
    }

    /** How often what happened. */
    Counts counts(TaskSlots task) {
        return new Counts(
                task.questions(),
                answered(task).length,
                count(task, State.RIGHT),
                count(task, State.WRONG),
                count(task, State.NO_ANSWER),
                count(task, State.FAILED),
                count(task, State.MISSING),
                slots(task, slot -> truncated[slot]).length,
                slots(task, slot -> repeating[slot]).length);
    }

    private int count(TaskSlots task, State state) {
        return slots(task, slot -> states[slot] == state).length;
    }
}
