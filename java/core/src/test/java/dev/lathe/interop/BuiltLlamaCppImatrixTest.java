package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.calibrate.ImportanceCalibration;
import dev.lathe.calibrate.ImportanceMatrix;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RunRecord;
import dev.lathe.quantize.Feedback;
import dev.lathe.tokenizer.TestInputs;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/** Importance matrices go from Lathe to llama.cpp and back, and both measure the same. */
class BuiltLlamaCppImatrixTest {
    private static final Path STORIES = Samples.file("stories.txt");
    private static final int CHUNKS = 2;

    /** A model in F32: both sum the same squares, llama.cpp in F32 over 128 tokens. */
    private static final double F32_BOUND = 1e-4;

    /**
     * llama.cpp rounds the inputs of SmolLM2's F16 products to F16. In 30 blocks the residual
     * stream moves by 0.1 % (EmbeddedSmolLm2Test), a sum of squares at most by twice that where all
     * errors agree; small inputs of few columns move more. Allowed are 0.5 % of a tensor's sums, as
     * the Euclidean norm.
     */
    private static final double F16_BOUND = 5e-3;

    @TempDir Path folder;

    @BeforeAll
    static void requirePrograms() {
        BuiltLlamaCpp.programs();
    }

    @Test
    void bothMeasureTheSameOnARealModel(TestReporter reporter)
            throws IOException, InterruptedException {
        Path text = TestInputs.shared("data/wikitext2-valid.txt");
        double difference = difference(SmolLm2.half(), text, 512);
        reporter.publishEntry("largest difference", Double.toString(difference));
        assertTrue(difference <= F16_BOUND, difference + " of a tensor's sums");
    }

    @Test
    void bothMeasureTheSameWhereTextsBeginWithATokenOfTheirOwn(TestReporter reporter)
            throws IOException, InterruptedException {
        double difference = difference(tiny(), STORIES, 64);
        reporter.publishEntry("largest difference", Double.toString(difference));
        assertTrue(difference <= F32_BOUND, difference + " of a tensor's sums");
    }

    /** The largest ‖ours − theirs‖ / ‖theirs‖ of a tensor. */
    private double difference(Path model, Path text, int length)
            throws IOException, InterruptedException {
        ImportanceMatrix theirs =
                ImportanceMatrix.read(
                        BuiltLlamaCpp.importance(model, text, length, CHUNKS, folder));
        ImportanceMatrix ours = measure(model, text, length);
        assertEquals(theirs.entries().keySet(), ours.entries().keySet());
        assertEquals(theirs.chunkCount(), ours.chunkCount());
        assertEquals(theirs.chunkSize(), ours.chunkSize());
        double largest = 0;
        for (String name : ours.entries().keySet()) {
            ImportanceMatrix.Entry a = ours.entries().get(name);
            ImportanceMatrix.Entry b = theirs.entries().get(name);
            assertArrayEquals(b.counts(), a.counts(), name);
            double squares = 0;
            double size = 0;
            for (int i = 0; i < b.sums().length; i++) {
                double distance = (double) a.sums()[i] - b.sums()[i];
                squares += distance * distance;
                size += (double) b.sums()[i] * b.sums()[i];
            }
            largest = Math.max(largest, Math.sqrt(squares / size));
        }
        return largest;
    }

    private static ImportanceMatrix measure(Path model, Path text, int length) {
        return ImportanceCalibration.of(model)
                .text(text.toString())
                .sequences(CHUNKS)
                .length(length)
                .run();
    }

    private Path tiny() throws IOException {
        Path gguf = folder.resolve("tiny.gguf");
        Compression.of(RandomLlama.write(folder.resolve("model"))).writeTo(gguf);
        return gguf;
    }

    /** IQ2_XXS is refused without an importance of every layer. */
    @Test
    void llamaQuantizeTakesOurs() throws IOException, InterruptedException {
        Path model = tiny();
        Path matrix = folder.resolve("ours.gguf");
        measure(model, STORIES, 64).write(matrix, false);
        Path output = folder.resolve("IQ2_XXS.gguf");
        String log = BuiltLlamaCpp.quantize(model, matrix, "IQ2_XXS", output, folder);
        assertTrue(log.contains("have 14 importance matrix entries"), log);
        try (Checkpoint checkpoint = Checkpoint.open(output)) {
            assertEquals("IQ2_XXS", checkpoint.tensor("blk.0.attn_q.weight").type().name(), log);
        }
    }

    @Test
    void compressionTakesTheirs() throws IOException, InterruptedException {
        Path model = tiny();
        Path matrix = BuiltLlamaCpp.importance(model, STORIES, 64, CHUNKS, folder);
        Recipe recipe =
                Recipe.builder()
                        .type("IQ4_XS")
                        .feedback(Feedback.NONE)
                        .imatrix(matrix.toString())
                        .build();
        RunRecord record =
                Compression.of(model).recipe(recipe).writeTo(folder.resolve("small.gguf"));
        assertEquals(CHUNKS * 64L, record.calibration().tokens());
        assertTrue(record.notices().isEmpty(), record.notices().toString());
    }
}
