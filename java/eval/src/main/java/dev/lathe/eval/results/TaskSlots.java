package dev.lathe.eval.results;

import dev.lathe.eval.statistics.Samples;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The slots of a task: its questions follow each other, each with its samples.
 *
 * @param first position of the task's first question
 * @param questions how many it has
 * @param samples answers to each
 */
record TaskSlots(int first, int questions, int samples) {
    IntStream slots() {
        return IntStream.range(first * samples, (first + questions) * samples);
    }

    Samples samples(IntToDoubleFunction valueOfSlot) {
        double[][] values = new double[questions][samples];
        for (int i = 0; i < questions; i++) {
            for (int j = 0; j < samples; j++) {
                values[i][j] = valueOfSlot.applyAsDouble((first + i) * samples + j);
            }
        }
        return new Samples(values);
    }
}
