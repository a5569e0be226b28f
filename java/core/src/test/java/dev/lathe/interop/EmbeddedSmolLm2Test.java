package dev.lathe.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.checkpoint.GgufCheckpoint;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorValues;
import dev.lathe.compress.Compression;
import dev.lathe.interop.EmbeddedLlamaMain.Answer;
import dev.lathe.interop.EmbeddedLlamaMain.Request;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * llama.cpp b4916 runs what Lathe makes of a real model.
 *
 * <p>The inputs of four products in each of 30 blocks are rounded to F16, each value by about 0.4
 * of the unit roundoff u: √120 · 0.4 u = 4.4 u. Allowed are 8 u.
 */
class EmbeddedSmolLm2Test {
    private static final double BOUND = 8 * 0x1p-11;

    private static final String PROMPT = "The capital of France is";
    private static final int COUNT = 12;
    private static final List<String> TEXTS =
            List.of(PROMPT, "Größe 東京 🙂 12345\n\n\tx  y", "<|im_start|>user\nping<|im_end|>", "");

    @TempDir Path folder;

    @Test
    void prunedModelGeneratesText(TestReporter reporter) throws IOException, InterruptedException {
        Path gguf = SmolLm2.pruned();
        Agreement agreement = Agreement.of(gguf, gguf, PROMPT, TEXTS, COUNT, false, folder);
        reporter.publishEntry("pruned", agreement.toString());
        agreement.requireWithin("pruned", BOUND, COUNT);
        assertTrue(agreement.text().strip().length() > COUNT, agreement.text());
    }

    @Test
    void aRoundTripThroughAFolderIsTheSameModel() throws IOException, InterruptedException {
        Path direct = SmolLm2.half();
        Path through = folder.resolve("folder");
        Path back = folder.resolve("back.gguf");
        Compression.of(SmolLm2.source()).writeTo(through);
        Compression.of(through).writeTo(back);
        assertSameTensors(direct, back);
        Answer expected = ask(direct);
        Answer found = ask(back);
        for (int i = 0; i < TEXTS.size(); i++) {
            assertArrayEquals(expected.ids().get(i), found.ids().get(i), TEXTS.get(i));
        }
        assertArrayEquals(expected.hidden(), found.hidden());
        assertEquals(COUNT, found.pieces().size());
        assertEquals(expected.pieces(), found.pieces());
    }

    private Answer ask(Path model) throws IOException, InterruptedException {
        Request request = new Request(model.toString(), PROMPT, TEXTS, COUNT, List.of());
        return EmbeddedLlama.ask(request, folder);
    }

    private static void assertSameTensors(Path first, Path second) {
        try (GgufCheckpoint a = GgufCheckpoint.open(first);
                GgufCheckpoint b = GgufCheckpoint.open(second)) {
            assertEquals(a.tensors().size(), b.tensors().size());
            for (TensorInfo expected : a.tensors()) {
                TensorInfo found = b.tensor(expected.name());
                assertEquals(expected.type(), found.type(), expected.name());
                assertEquals(expected.shape(), found.shape(), expected.name());
                byte[] wanted = TensorValues.bytes(a, expected);
                assertArrayEquals(wanted, TensorValues.bytes(b, found), expected.name());
            }
        }
    }
}
