package dev.lathe.measure;

import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.device.Transfer;
import java.util.SplittableRandom;

/** Tensors of random numbers to measure with. */
final class RandomTensors {
    private RandomTensors() {}

    /** Independent values of mean 0 [rows × cols], uniform, closed by the caller. */
    static Tensor uniform(
            Device device, SplittableRandom random, long rows, long cols, double deviation) {
        double bound = Math.sqrt(3) * deviation;
        Tensor tensor = device.tensor(DType.F32, rows, cols);
        Transfer.run(
                tensor.bytes(),
                (offset, piece) -> {
                    while (piece.hasRemaining()) {
                        piece.putFloat((float) random.nextDouble(-bound, bound));
                    }
                },
                tensor::upload);
        return tensor;
    }
}
