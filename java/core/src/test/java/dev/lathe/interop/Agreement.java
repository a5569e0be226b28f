package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.interop.EmbeddedLlamaMain.Answer;
import dev.lathe.interop.EmbeddedLlamaMain.Request;
import dev.lathe.model.ModelOutputs;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How far llama.cpp's greedy run of a GGUF file agrees with Lathe's forward pass over the same
 * tokens.
 *
 * @param hiddenError ‖a − b‖ of both outputs of the final norm at the prompt's last token, each
 *     scaled to length 1
 * @param generated tokens that llama.cpp generated
 * @param exact those of them that Lathe holds for the most probable too
 * @param worstGap by how much Lathe's best logit exceeds that of llama.cpp's choice, at most, in
 *     standard deviations of a position's logits
 * @param text what llama.cpp generated
 */
record Agreement(double hiddenError, int generated, int exact, double worstGap, String text) {
    /**
     * With Δh of length ε‖h‖ and rows of the head that know nothing of it, the difference of two
     * logits errs by √2·ε standard deviations; this is more than four times as much.
     */
    private static final double GAP_PER_ERROR = 6;

    /**
     * Asks llama.cpp and compares.
     *
     * @param model a GGUF file, for llama.cpp
     * @param reference the same model for Lathe: that file, or the folder that it was made of
     * @param prompt text to go on with
     * @param texts texts that both must encode alike
     * @param count tokens to generate
     * @param readable whether only such tokens may be generated that their text tells; random
     *     models would choose halves of characters
     * @param folder for llama.cpp's files
     */
    static Agreement of(
            Path model,
            Path reference,
            String prompt,
            List<String> texts,
            int count,
            boolean readable,
            Path folder)
            throws IOException, InterruptedException {
        try (Checkpoint checkpoint = Checkpoint.open(reference);
                Tokenizer tokenizer = Tokenizer.of(checkpoint)) {
            // Rows of the head may be more than there are tokens.
            int rows = ModelConfig.read(checkpoint).vocabularySize();
            int[] allowed = readable ? readable(tokenizer) : IntStream.range(0, rows).toArray();
            List<Integer> forbidden =
                    IntStream.range(0, rows)
                            .filter(id -> Arrays.binarySearch(allowed, id) < 0)
                            .boxed()
                            .toList();
            Answer answer =
                    EmbeddedLlama.ask(
                            new Request(model.toString(), prompt, texts, count, forbidden), folder);
            for (int i = 0; i < texts.size(); i++) {
                int[] expected = tokenizer.encode(texts.get(i), false, true);
                assertArrayEquals(expected, answer.ids().get(i), texts.get(i));
            }
            return compare(reference, tokenizer, prompt, answer, allowed);
        }
    }

    /** Tokens whose text is ASCII and encoded as them: the generated text then tells the ids. */
    private static int[] readable(Tokenizer tokenizer) {
        return IntStream.range(0, tokenizer.vocabularySize())
                .filter(
                        id -> {
                            String text = tokenizer.decode(new int[] {id}, false);
                            return text.chars().allMatch(c -> c == '\n' || (c >= ' ' && c < 127))
                                    && isToken(tokenizer.encode(text, false, false), id);
                        })
                .toArray();
    }

    private static boolean isToken(int[] ids, int id) {
        return ids.length == 1 && ids[0] == id;
    }

    private static Agreement compare(
            Path reference, Tokenizer tokenizer, String prompt, Answer answer, int[] allowed) {
        int[] start = tokenizer.encode(prompt, true, true);
        List<Integer> generated = new ArrayList<>();
        for (String piece : answer.pieces()) {
            int[] ids = tokenizer.encode(piece, false, false);
            assertEquals(1, ids.length, () -> "no token '" + piece + "' in " + answer.pieces());
            generated.add(ids[0]);
        }
        int[] tokens =
                IntStream.concat(
                                IntStream.of(start), generated.stream().mapToInt(Integer::intValue))
                        .toArray();
        ModelOutputs outputs = ModelOutputs.of(reference, tokens);
        int exact = 0;
        double worst = 0;
        for (int i = 0; i < generated.size(); i++) {
            float[] logits = outputs.logits()[start.length - 1 + i];
            double best = IntStream.of(allowed).mapToDouble(id -> logits[id]).max().orElseThrow();
            double gap = best - logits[generated.get(i)];
            exact += gap == 0 ? 1 : 0;
            worst = Math.max(worst, gap / LogitDifference.standardDeviation(logits));
        }
        double error = distance(outputs.hidden()[start.length - 1], answer.hidden());
        return new Agreement(
                error, generated.size(), exact, worst, String.join("", answer.pieces()));
    }

    private static double distance(float[] a, float[] b) {
        assertEquals(a.length, b.length);
        double normA = norm(a);
        double normB = norm(b);
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double difference = a[i] / normA - b[i] / normB;
            sum += difference * difference;
        }
        return Math.sqrt(sum);
    }

    private static double norm(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }

    /** Requires that differences are no greater than llama.cpp's rounding explains. */
    void requireWithin(String what, double bound, int count) {
        assertEquals(count, generated, () -> what + ": " + this);
        assertTrue(hiddenError <= bound, () -> what + ": " + this);
        assertTrue(worstGap <= GAP_PER_ERROR * bound, () -> what + ": " + this);
    }
}
