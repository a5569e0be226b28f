package dev.lathe.model;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.checkpoint.RopeFrequencies;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorKey.Part;
import dev.lathe.checkpoint.TensorNames;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.checkpoint.TensorShapes;
import dev.lathe.device.DType;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.device.Transfer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A checkpoint read as a decoder: all of its tensors are there with the shapes that its description
 * asks for. Weights are loaded when asked for. Safe for use by several threads as far as {@link
 * Checkpoint} is.
 */
public final class Model implements AutoCloseable {
    private final Checkpoint checkpoint;
    private final ModelConfig config;
    private final Map<TensorKey, TensorInfo> tensors;
    private final float[] inverseFrequencies;

    private Model(Checkpoint checkpoint, ModelConfig config) {
        this.checkpoint = checkpoint;
        this.config = config;
        this.tensors = Collections.unmodifiableMap(TensorNames.index(checkpoint, config.layers()));
        this.inverseFrequencies = RopeFrequencies.inverse(config);
        checkShapes();
    }

    /**
     * Opens the model at a path; see {@link Checkpoint#open}.
     *
     * @param path a GGUF file, a safetensors file, an index or a folder
     * @return the model, which owns its checkpoint
     * @throws UsageException if there is nothing to open, or the architecture is not known
     * @throws DataException if the checkpoint is broken or a tensor is missing or misshapen
     */
    public static Model open(Path path) {
        Checkpoint checkpoint = Checkpoint.open(path);
        try {
            return of(checkpoint);
        } catch (RuntimeException e) {
            checkpoint.close();
            throw e;
        }
    }

    /**
     * Reads an open checkpoint as a model.
     *
     * @param checkpoint the checkpoint, owned by the model from here on
     * @return the model
     * @throws UsageException if the architecture is not known
     * @throws DataException if a tensor is missing or misshapen
     */
    public static Model of(Checkpoint checkpoint) {
        return new Model(checkpoint, ModelConfig.read(checkpoint));
    }

    /**
     * Where the weights come from.
     *
     * @return the open checkpoint
     */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /**
     * The model's sizes.
     *
     * @return the description
     */
    public ModelConfig config() {
        return config;
    }

    /**
     * All tensors, in the order of the file.
     *
     * @return an unmodifiable map
     */
    public Map<TensorKey, TensorInfo> tensors() {
        return tensors;
    }

    /**
     * Looks a tensor up.
     *
     * @param key what it is for
     * @return the tensor, or empty
     */
    public Optional<TensorInfo> find(TensorKey key) {
        return Optional.ofNullable(tensors.get(key));
    }

    /**
     * The matrix that makes logits: the embedding where the model has no head of its own.
     *
     * @return its key
     */
    public TensorKey headKey() {
        TensorKey head = TensorKey.weight(TensorRole.HEAD);
        return tensors.containsKey(head) ? head : TensorKey.weight(TensorRole.EMBEDDING);
    }

    /**
     * The rotary frequencies of a head's pairs, scaling included.
     *
     * @return radians per position, one for each pair
     */
    public float[] inverseFrequencies() {
        return inverseFrequencies.clone();
    }

    /**
     * How rotated pairs lie in the rows of q and k: GGUF files of some families interleave them.
     *
     * @return true where pair i is (2i, 2i+1)
     */
    public boolean interleaved() {
        return checkpoint.format() == Format.GGUF && config.family().permutesRows();
    }

    /**
     * Loads a tensor as it is stored.
     *
     * @param device where to
     * @param key which
     * @return [rows × cols]; vectors are [1 × n]
     * @throws DataException if it is missing, cannot be decoded, or holds NaN or infinity
     */
    public Tensor load(Device device, TensorKey key) {
        Tensor tensor = allocate(device, key);
        try {
            upload(key, tensor, 0, tensor.bytes());
            requireFinite(device, tensor, key);
            return tensor;
        } catch (RuntimeException e) {
            tensor.close();
            throw e;
        }
    }

    /** Memory for a tensor as it is stored; see {@link #load}. */
    Tensor allocate(Device device, TensorKey key) {
        TensorInfo info = require(key);
        if (!info.type().decodable()) {
            throw new DataException(
                    info.file()
                            + ": tensor '"
                            + info.name()
                            + "' has type "
                            + info.type()
                            + ", which Lathe cannot compute with");
        }
        boolean vector = info.shape().size() == 1;
        return device.tensor(
                info.type(), vector ? 1 : info.rows(), vector ? info.elements() : info.cols());
    }

    /** Sends bytes of a tensor to where it was {@linkplain #allocate allocated}. */
    void upload(TensorKey key, Tensor tensor, long first, long count) {
        TensorInfo info = require(key);
        Transfer.run(
                count,
                (offset, piece) -> checkpoint.read(info, first + offset, piece),
                (offset, piece) -> tensor.upload(first + offset, piece));
    }

    /**
     * Loads a tensor and decodes it to F32.
     *
     * @param device where to
     * @param key which
     * @return [rows × cols]; vectors are [1 × n]
     * @throws DataException as {@link #load}
     */
    public Tensor loadF32(Device device, TensorKey key) {
        return decoded(device, load(device, key));
    }

    /** A tensor in F32, in the place of the one given. */
    static Tensor decoded(Device device, Tensor stored) {
        if (stored.type() == DType.F32) {
            return stored;
        }
        try (stored) {
            Tensor decoded = device.tensor(DType.F32, stored.rows(), stored.cols());
            device.dequantize(decoded, stored);
            return decoded;
        }
    }

    /**
     * Says where a non-finite weight stands.
     *
     * @param device the device
     * @param tensor the weights
     * @param key which they are
     * @throws DataException naming file, tensor and index if one is NaN or infinite
     */
    void requireFinite(Device device, Tensor tensor, TensorKey key) {
        TensorInfo info = require(key);
        long step = Math.max(1, (1 << 22) / Math.max(1, tensor.cols()));
        for (long row = 0; row < tensor.rows(); row += step) {
            long count = Math.min(step, tensor.rows() - row);
            long bad;
            if (tensor.type() == DType.F32) {
                bad = device.findNonFinite(tensor.rows(row, count));
            } else {
                try (Tensor decoded = device.tensor(DType.F32, count, tensor.cols())) {
                    device.dequantize(decoded, tensor.rows(row, count));
                    bad = device.findNonFinite(decoded);
                }
            }
            if (bad >= 0) {
                throw new DataException(
                        String.format(
                                "%s: tensor '%s' holds NaN or infinity at row %d, column %d",
                                info.file(),
                                info.name(),
                                row + bad / tensor.cols(),
                                bad % tensor.cols()));
            }
        }
    }

    private TensorInfo require(TensorKey key) {
        TensorInfo info = tensors.get(key);
        if (info == null) {
            throw new DataException(
                    checkpoint.path()
                            + ": tensor '"
                            + TensorNames.of(key, checkpoint.format())
                            + "' is missing");
        }
        return info;
    }

    /**
     * Refuses a model whose forward pass Lathe has not.
     *
     * @param what what needs it, as in "calibration"
     * @throws UsageException naming architecture and need
     */
    public void requireComputed(String what) {
        if (!config.family().computed()) {
            throw new UsageException(
                    String.format(
                            "%s: %s needs a forward pass, which Lathe does not have for"
                                    + " architecture '%s'; it can be planned, and rounded with"
                                    + " --feedback none --sequences 0",
                            checkpoint.path(), what, config.architecture()));
        }
    }

    private void checkShapes() {
        TensorShapes.required(config).forEach(this::checkShape);
        for (Map.Entry<TensorKey, TensorInfo> entry : tensors.entrySet()) {
            TensorKey bias = entry.getKey();
            TensorInfo weight = tensors.get(new TensorKey(bias.role(), bias.layer(), Part.WEIGHT));
            if (bias.part() == Part.BIAS && weight != null && bias.role().linear()) {
                checkShape(bias, List.of(weight.rows()));
            }
        }
    }

    private void checkShape(TensorKey key, List<Long> shape) {
        TensorInfo info = require(key);
        if (!info.shape().equals(shape)) {
            throw new DataException(
                    String.format(
                            "%s: tensor '%s' has shape %s, expected %s",
                            info.file(), info.name(), info.shape(), shape));
        }
    }

    @Override
    public void close() {
        checkpoint.close();
    }
}
