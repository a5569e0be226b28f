package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.measure.MeasureReport;
import dev.lathe.measure.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {
    private static final Path MODELS = Path.of("src/test/resources/golden/logits");

    @TempDir Path folder;
    private Path text;

    @BeforeEach
    void writeText() throws IOException {
        text = folder.resolve("text.txt");
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < 3000; i++) {
            words.append("word ").append(i * 7919 % 1000).append(i % 11 == 0 ? ".\n" : ", ");
        }
        Files.writeString(text, words);
    }

    private RecipeBuilder calibrated() {
        return Recipe.builder().calibration(new CalibrationOptions(text.toString(), 16, 64, 1L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"llama-tied", "llama-head", "llama-bias", "llama-rope", "qwen2", "qwen3"})
    void aCopyInTheOtherFormatPredictsTheSame(String name) {
        Path source = MODELS.resolve(name).resolve("model");
        Path gguf = folder.resolve(name + ".gguf");
        Path back = folder.resolve(name);
        Compression.of(source).writeTo(gguf);
        Compression.of(gguf).writeTo(back);
        for (Path copy : new Path[] {gguf, back}) {
            MeasureReport report =
                    Measurement.of(copy).reference(source).sequences(4).length(64).on(read());
            // Reordered rows of q and k are summed in another order: F32 rounding of logits near 1,
            // about 1e-6, enters each term of the divergence once.
            assertEquals(0, report.comparison().klDivergence(), 1e-6, copy.toString());
            assertEquals(1, report.comparison().topAgreement(), copy.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "sparsegpt,0.5",
        "wanda,0.5",
        "magnitude,0.5",
        "sparsegpt,0.3",
        "sparsegpt,2:4",
        "wanda,2:4"
    })
    void pruningSetsTheZerosThatWereAskedFor(String method, String sparsity) {
        RecipeBuilder recipe = calibrated().method(dev.lathe.prune.PruneMethod.of(method));
        if (sparsity.contains(":")) {
            recipe.pattern(sparsity);
        } else {
            recipe.sparsity(Double.parseDouble(sparsity));
        }
        for (String output : new String[] {"out.gguf", "out"}) {
            RunRecord record =
                    Compression.of(MODELS.resolve("llama-tied/model"))
                            .recipe(recipe.build())
                            .replace(true)
                            .writeTo(folder.resolve(output));
            double expected = sparsity.contains(":") ? 0.5 : Double.parseDouble(sparsity);
            for (TensorRecord tensor : record.tensors()) {
                if (tensor.role().endsWith("_proj") && tensor.shape().size() == 2) {
                    assertEquals(expected, tensor.sparsity(), 0.02, tensor.name());
                }
            }
        }
    }

    @Test
    void theSameCallGivesTheSameBytes() throws IOException {
        Recipe recipe = calibrated().sparsity(0.5).type("Q4_0").build();
        Path first = folder.resolve("first.gguf");
        Path second = folder.resolve("second.gguf");
        Compression.of(MODELS.resolve("qwen2/model")).recipe(recipe).writeTo(first);
        Compression.of(MODELS.resolve("qwen2/model")).recipe(recipe).writeTo(second);
        assertEquals(-1, Files.mismatch(first, second));
    }

    @Test
    void spillingActivationsChangesNothing() throws IOException {
        Recipe recipe = calibrated().sparsity(0.5).build();
        Path resident = folder.resolve("resident.gguf");
        Path spilled = folder.resolve("spilled.gguf");
        Compression.of(MODELS.resolve("qwen3/model")).recipe(recipe).writeTo(resident);
        Estimate estimate =
                Compression.of(MODELS.resolve("qwen3/model")).recipe(recipe).plan(spilled);
        assertTrue(estimate.activationBytes() > 0);
        Compression.of(MODELS.resolve("qwen3/model"))
                .recipe(recipe)
                .memory(estimate.peakBytes() - estimate.activationBytes())
                .writeTo(spilled);
        assertEquals(-1, Files.mismatch(resident, spilled));
    }

    @ParameterizedTest
    @CsvSource({"Q8_0,0.001", "Q4_0,0.2", "Q5_1,0.05", "IQ4_NL,0.2", "Q6_K,0.001"})
    void quantizationStaysCloseToTheSource(String type, double bound) {
        Path source = MODELS.resolve("qwen2/model");
        Path output = folder.resolve("out.gguf");
        Compression.of(source).recipe(calibrated().type(type).build()).writeTo(output);
        MeasureReport report =
                Measurement.of(output).reference(source).sequences(4).length(64).on(read());
        assertTrue(report.comparison().klDivergence() < bound, type + ": " + report);
    }

    private String read() {
        return dev.lathe.calibrate.CalibrationSet.read(text);
    }
}
