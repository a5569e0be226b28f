package dev.lathe.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.TensorInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** A safetensors file of golden data, read whole tensor by whole tensor. */
final class GoldenTensors implements AutoCloseable {
    private static final Path FOLDER = Path.of("src/test/resources/golden");

    private final Checkpoint checkpoint;

    private GoldenTensors(Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
    }

    static GoldenTensors open(String file) {
        return new GoldenTensors(Checkpoint.open(FOLDER.resolve(file)));
    }

    static JsonNode json(String file) {
        try {
            return new ObjectMapper().readTree(FOLDER.resolve(file).toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] bytes(String name) {
        return buffer(name).array();
    }

    float[] floats(String name) {
        ByteBuffer buffer = buffer(name);
        float[] values = new float[buffer.remaining() / Float.BYTES];
        buffer.asFloatBuffer().get(values);
        return values;
    }

    /** The values of a tensor of F32 or F64. */
    double[] doubles(String name) {
        if (checkpoint.tensor(name).type() == DType.F32) {
            return widen(floats(name));
        }
        ByteBuffer buffer = buffer(name);
        double[] values = new double[buffer.remaining() / Double.BYTES];
        buffer.asDoubleBuffer().get(values);
        return values;
    }

    static double[] widen(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private ByteBuffer buffer(String name) {
        TensorInfo tensor = checkpoint.tensor(name);
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.toIntExact(tensor.rows() * tensor.rowBytes()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        checkpoint.read(tensor, 0, buffer);
        return buffer.flip();
    }

    @Override
    public void close() {
        checkpoint.close();
    }
}
