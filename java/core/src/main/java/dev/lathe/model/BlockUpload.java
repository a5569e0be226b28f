package dev.lathe.model;

import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The weights of a block on their way to a device. Their memory is acquired at once; their bytes
 * are handed over piece by piece, between which other work can be queued on the device; they are
 * looked at when all are there.
 */
public final class BlockUpload implements AutoCloseable {
    private final Model model;
    private final Device device;
    private final int layer;
    private final Map<TensorKey, Tensor> tensors = new LinkedHashMap<>();
    private final long bytes;
    private long sent;

    /**
     * Acquires the memory.
     *
     * @param model the model
     * @param device where to
     * @param layer index of the block, from 0
     * @throws dev.lathe.UsageException if the model cannot be computed
     * @throws dev.lathe.device.OutOfDeviceMemoryException if there is no room
     */
    public BlockUpload(Model model, Device device, int layer) {
        model.requireComputed("computing a block");
        this.model = model;
        this.device = device;
        this.layer = layer;
        try {
            for (TensorKey key : model.tensors().keySet()) {
                if (key.layer() == layer && key.role().layered()) {
                    tensors.put(key, model.allocate(device, key));
                }
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        this.bytes = tensors.values().stream().mapToLong(Tensor::bytes).sum();
    }

    /**
     * The block's index.
     *
     * @return from 0
     */
    public int layer() {
        return layer;
    }

    /**
     * Hands bytes over until so much of the block has been.
     *
     * @param share from 0 to 1, all
     */
    public void advance(double share) {
        long target = share >= 1 ? bytes : (long) (share * bytes);
        long begin = 0;
        for (Map.Entry<TensorKey, Tensor> each : tensors.entrySet()) {
            long end = begin + each.getValue().bytes();
            if (sent < Math.min(end, target)) {
                long count = Math.min(end, target) - sent;
                model.upload(each.getKey(), each.getValue(), sent - begin, count);
                sent += count;
            }
            begin = end;
        }
    }

    /**
     * Hands over what is missing and makes the block.
     *
     * @return the block, which owns the weights
     * @throws dev.lathe.DataException if a weight is NaN or infinite
     */
    public DecoderBlock finish() {
        advance(1);
        Map<TensorRole, Tensor> weights = new EnumMap<>(TensorRole.class);
        Map<TensorRole, Tensor> biases = new EnumMap<>(TensorRole.class);
        for (Map.Entry<TensorKey, Tensor> each : tensors.entrySet()) {
            TensorKey key = each.getKey();
            model.requireFinite(device, each.getValue(), key);
            boolean bias = key.part() == TensorKey.Part.BIAS;
            if (bias || !key.role().linear()) {
                each.setValue(Model.decoded(device, each.getValue()));
            }
            (bias ? biases : weights).put(key.role(), each.getValue());
        }
        tensors.clear();
        return new DecoderBlock(model, device, weights, biases);
    }

    @Override
    public void close() {
        tensors.values().forEach(Tensor::close);
        tensors.clear();
    }
}
