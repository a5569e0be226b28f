package dev.lathe.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every storage type against what the gguf Python package decodes, bit for bit. */
class GoldenTypesTest {
    private static final JsonNode GOLDEN = GoldenTensors.json("quant_types/quant_types.json");

    static Set<String> names() {
        Set<String> names = new TreeSet<>();
        GOLDEN.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void everyTypeThatTheOtherDecoderHasIsThere() {
        Set<String> decodable = new TreeSet<>();
        for (DType type : DType.all()) {
            if (type.decodable()) {
                decodable.add(type.name());
            }
        }
        // What gguf 0.19 does not decode: llama.cpp's intermediate types and its newest ones.
        Set<String> alone = Set.of("F64", "Q8_1", "Q8_K", "Q1_0", "Q2_0");
        decodable.removeAll(alone);
        assertEquals(names(), decodable);
    }

    @ParameterizedTest
    @MethodSource("names")
    void blocksDecodeToTheSameBits(String name) {
        DType type = DType.of(name);
        assertEquals(GOLDEN.get(name).get("id").intValue(), type.id());
        assertEquals(GOLDEN.get(name).get("blockSize").intValue(), type.blockSize());
        assertEquals(GOLDEN.get(name).get("blockBytes").intValue(), type.blockBytes());
        try (GoldenTensors golden = GoldenTensors.open("quant_types/quant_types.safetensors")) {
            byte[] packed = golden.bytes(name + ".packed");
            float[] expected = golden.floats(name + ".values");
            int blocks = packed.length / type.blockBytes();
            for (String kernels : Device.runnableKernels()) {
                try (Device device = Device.open("cpu", kernels, 2);
                        Scope scope = device.scope()) {
                    Tensor stored = scope.tensor(type, blocks, type.blockSize());
                    stored.upload(0, ByteBuffer.wrap(packed));
                    Tensor w = scope.tensor(DType.F32, blocks, type.blockSize());
                    device.dequantize(w, stored);
                    assertArrayEquals(bits(expected), bits(w.toArray()), kernels);
                }
            }
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            bits[i] = Float.floatToRawIntBits(values[i]);
        }
        return bits;
    }
}
