package dev.lathe.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Tensors of an open checkpoint as arrays. */
public final class TensorValues {
    private TensorValues() {}

    /** All bytes as stored. */
    public static byte[] bytes(Checkpoint checkpoint, TensorInfo tensor) {
        ByteBuffer bytes = ByteBuffer.allocate((int) tensor.byteLength());
        checkpoint.read(tensor, 0, bytes);
        return bytes.array();
    }

    /** The values of an F32 tensor, row by row. */
    public static float[] floats(Checkpoint checkpoint, String name) {
        ByteBuffer bytes = ordered(checkpoint, name);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    /** The values of an I32 tensor, row by row. */
    public static int[] ints(Checkpoint checkpoint, String name) {
        ByteBuffer bytes = ordered(checkpoint, name);
        int[] values = new int[bytes.remaining() / Integer.BYTES];
        bytes.asIntBuffer().get(values);
        return values;
    }

    private static ByteBuffer ordered(Checkpoint checkpoint, String name) {
        return ByteBuffer.wrap(bytes(checkpoint, checkpoint.tensor(name)))
                .order(ByteOrder.LITTLE_ENDIAN);
    }
}
