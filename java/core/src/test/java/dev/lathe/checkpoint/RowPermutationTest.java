package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowPermutationTest {
    private static int[] rows(RowPermutation permutation) {
        return IntStream.range(0, permutation.rows()).map(permutation::sourceRow).toArray();
    }

    /** Two heads of six rows: halves (0 1 2 | 3 4 5) become pairs (0 3)(1 4)(2 5). */
    @Test
    void halvesBecomePairs() {
        assertArrayEquals(
                new int[] {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11},
                rows(RowPermutation.toGguf(2, 6, 6)));
        assertArrayEquals(
                new int[] {0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11},
                rows(RowPermutation.toHuggingFace(2, 6, 6)));
    }

    @Test
    void rowsThatAreNotRotatedStay() {
        assertArrayEquals(new int[] {0, 2, 1, 3, 4, 5}, rows(RowPermutation.toGguf(1, 6, 4)));
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 2", "9, 64, 64", "3, 64, 64", "4, 16, 8", "32, 128, 128"})
    void thereAndBackIsWhereItWas(int heads, int headSize, int rotarySize) {
        RowPermutation there = RowPermutation.toGguf(heads, headSize, rotarySize);
        RowPermutation back = RowPermutation.toHuggingFace(heads, headSize, rotarySize);
        for (int row = 0; row < there.rows(); row++) {
            assertEquals(row, there.sourceRow(back.sourceRow(row)));
        }
        int rowBytes = 18;
        byte[] bytes = new byte[there.rows() * rowBytes];
        new Random(3).nextBytes(bytes);
        ByteBuffer middle = ByteBuffer.allocateDirect(bytes.length);
        ByteBuffer end = ByteBuffer.allocate(bytes.length);
        there.apply(ByteBuffer.wrap(bytes), middle, rowBytes);
        back.apply(middle, end, rowBytes);
        assertArrayEquals(bytes, end.array());
    }

    @Test
    void onlyQueriesAndKeysOfLlamaMove() {
        ModelConfig llama = ModelConfigs.small(ModelFamily.LLAMA, Optional.empty());
        ModelConfig qwen = ModelConfigs.small(ModelFamily.QWEN2, Optional.empty());
        int moved = 0;
        for (TensorRole role : TensorRole.values()) {
            TensorKey key = role.layered() ? TensorKey.bias(role, 0) : TensorKey.weight(role);
            Optional<RowPermutation> found =
                    RowPermutation.between(llama, key, Format.SAFETENSORS, Format.GGUF);
            moved += found.isPresent() ? 1 : 0;
            assertTrue(RowPermutation.between(llama, key, Format.GGUF, Format.GGUF).isEmpty());
            assertTrue(
                    RowPermutation.between(qwen, key, Format.SAFETENSORS, Format.GGUF).isEmpty());
        }
        assertEquals(2, moved);
        TensorKey key = TensorKey.weight(TensorRole.K_PROJ, 1);
        RowPermutation back =
                RowPermutation.between(llama, key, Format.GGUF, Format.SAFETENSORS).orElseThrow();
        assertEquals(llama.keyWidth(), back.rows());
        assertArrayEquals(rows(RowPermutation.toHuggingFace(2, 16, 16)), rows(back));
    }

    @Test
    void sizesThatDoNotFitAreRefused() {
        for (int[] sizes : new int[][] {{0, 4, 4}, {1, 4, 6}, {1, 4, 3}, {1, 4, 0}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> RowPermutation.toGguf(sizes[0], sizes[1], sizes[2]));
        }
    }

    /** The formula with which llama.cpp's converter permutes rows, done by NumPy. */
    @Test
    void agreesWithTheConverterOfLlamaCpp(@TempDir Path folder)
            throws IOException, InterruptedException {
        String printed =
                Python.run(
                        "numpy",
                        folder,
                        """
                        import numpy, json
                        rows = numpy.arange(9 * 64)
                        print(json.dumps(
                            rows.reshape(9, 2, 32).swapaxes(1, 2).reshape(-1).tolist()))
                        """);
        int[] expected = new ObjectMapper().readValue(printed, int[].class);
        assertArrayEquals(expected, rows(RowPermutation.toGguf(9, 64, 64)));
    }
}
