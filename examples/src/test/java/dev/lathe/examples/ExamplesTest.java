package dev.lathe.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.UsageException;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.compress.Compression;
import dev.lathe.measure.MeasureReport;
import dev.lathe.measure.Measurement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Every example on the tiny model, calibrated on the built-in set. */
class ExamplesTest {
    @TempDir Path folder;

    private String model() {
        return TinyModel.FOLDER.toString();
    }

    @Test
    void pruneWritesAFolderWithHalfOfTheWeightsZero() throws Throwable {
        Path output = folder.resolve("pruned");
        String printed = TinyModel.printed(() -> Prune.main(array(model(), output)));
        assertTrue(
                printed.contains(String.format("%.1f %% of the blocks' weights are zero", 50.0)));
        try (Checkpoint checkpoint = Checkpoint.open(output);
                Checkpoint source = Checkpoint.open(TinyModel.FOLDER)) {
            for (String name : new String[] {"self_attn.k_proj", "mlp.up_proj", "mlp.down_proj"}) {
                boolean[] zeros = TinyModel.zeros(checkpoint, "model.layers.1." + name + ".weight");
                assertEquals(zeros.length / 2, count(zeros), name);
            }
            String embedding = "model.embed_tokens.weight";
            assertArrayEquals(
                    TinyModel.zeros(source, embedding), TinyModel.zeros(checkpoint, embedding));
        }
        assertTrue(Files.exists(output.resolve("tokenizer.json")));
    }

    @Test
    void pruneWritesAFile() throws Throwable {
        Path output = folder.resolve("pruned.gguf");
        TinyModel.printed(() -> Prune.main(array(model(), output)));
        try (Checkpoint checkpoint = Checkpoint.open(output)) {
            boolean[] zeros = TinyModel.zeros(checkpoint, "blk.0.ffn_gate.weight");
            assertEquals(zeros.length / 2, count(zeros));
        }
    }

    @Test
    void quantizeProtectsTheFinalLayer() throws Throwable {
        Path output = folder.resolve("small.gguf");
        String printed = TinyModel.printed(() -> Quantize.main(array(model(), output)));
        // 64 and 96 columns fit no super-block of 256: Q5_0 takes the place of Q4_K, Q8_0 of Q6_K.
        try (Checkpoint checkpoint = Checkpoint.open(output)) {
            assertEquals("Q5_0", checkpoint.tensor("blk.0.ffn_down.weight").type().name());
            assertEquals("Q8_0", checkpoint.tensor("blk.1.ffn_down.weight").type().name());
            long bytes = checkpoint.tensors().stream().mapToLong(t -> t.byteLength()).sum();
            assertTrue(printed.startsWith(String.format("planned: %,d bytes", bytes)), printed);
        }
    }

    @Test
    void pruneQuantizeMeasureSaysWhatMeasuringAloneSays() throws Throwable {
        Path output = folder.resolve("both.gguf");
        Path text = TinyModel.text(folder);
        String printed =
                TinyModel.printed(() -> PruneQuantizeMeasure.main(array(model(), output, text)));
        MeasureReport alone = Measurement.of(output).sequences(16).on(Files.readString(text));
        assertTrue(
                printed.contains(String.format("perplexity %.3f,", alone.perplexity())), printed);

        Path values = folder.resolve("values");
        Compression.of(output).writeTo(values);
        try (Checkpoint checkpoint = Checkpoint.open(values)) {
            boolean[] zeros = TinyModel.zeros(checkpoint, "model.layers.0.self_attn.o_proj.weight");
            for (int first = 0; first < zeros.length; first += 4) {
                int group = first;
                long kept = IntStream.range(group, group + 4).filter(i -> !zeros[i]).count();
                assertTrue(kept <= 2, "weights from " + first + ": " + kept + " are not zero");
            }
        }
    }

    @Test
    void readmeRuns() throws Throwable {
        Path output = folder.resolve("readme.gguf");
        Path text = TinyModel.text(folder);
        String printed = TinyModel.printed(() -> Readme.main(array(model(), output, text)));
        assertTrue(printed.contains("KL divergence"), printed);
        assertTrue(Files.exists(output));
    }

    @Test
    void wrongArgumentsAreAnsweredWithTheUsage() {
        for (Executable program :
                new Executable[] {
                    () -> Prune.main(new String[0]),
                    () -> Quantize.main(new String[] {"model"}),
                    () -> PruneQuantizeMeasure.main(new String[] {"model", "out"})
                }) {
            String message = assertThrows(UsageException.class, program).getMessage();
            assertTrue(message.toLowerCase(Locale.ROOT).startsWith("usage: "), message);
        }
    }

    private static String[] array(Object... arguments) {
        return Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    }

    private static long count(boolean[] flags) {
        return IntStream.range(0, flags.length).filter(i -> flags[i]).count();
    }
}
