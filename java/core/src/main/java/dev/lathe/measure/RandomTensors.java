package dev.lathe.measure;

import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;

/** Tensors of random numbers to measure with. */
final class RandomTensors {
    private static final int CHUNK = 1 << 18;

    private RandomTensors() {}

    /** Independent values of mean 0 [rows × cols], uniform, closed by the caller. */
    static Tensor uniform(
            Device device, SplittableRandom random, long rows, long cols, double deviation) {
        double bound = Math.sqrt(3) * deviation;
        Tensor tensor = device.tensor(DType.F32, rows, cols);
        ByteBuffer bytes =
                ByteBuffer.allocateDirect(CHUNK * Float.BYTES).order(ByteOrder.nativeOrder());
        for (long done = 0; done < tensor.elements(); done += CHUNK) {
            int count = (int) Math.min(CHUNK, tensor.elements() - done);
            FloatBuffer values = bytes.clear().asFloatBuffer();
            for (int i = 0; i < count; i++) {
                values.put((float) random.nextDouble(-bound, bound));
            }
            tensor.upload(done * Float.BYTES, bytes.limit(count * Float.BYTES));
        }
        return tensor;
    }
}
