package dev.lathe.checkpoint;

import dev.lathe.DataException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of a decoder's tensors in both formats. All families that Lathe knows share them. */
public final class TensorNames {
    private static final Pattern HUGGING_FACE_LAYER =
            Pattern.compile("model\\.layers\\.(0|[1-9]\\d{0,5})\\.(.+)");
    private static final Pattern GGUF_LAYER = Pattern.compile("blk\\.(0|[1-9]\\d{0,5})\\.(.+)");

    /** Buffers that old releases of transformers saved; they follow from config.json. */
    private static final Pattern HARMLESS = Pattern.compile(".*\\.rotary_emb\\.inv_freq");

    private static final Map<String, TensorRole> HUGGING_FACE = new HashMap<>();
    private static final Map<String, TensorRole> GGUF = new HashMap<>();

    static {
        for (TensorRole role : TensorRole.values()) {
            role.huggingFaceStem().ifPresent(stem -> HUGGING_FACE.put(stem, role));
            GGUF.put(role.ggufStem(), role);
        }
    }

    private TensorNames() {}

    /**
     * Returns a tensor's name in Hugging Face files.
     *
     * @param key the tensor
     * @return for example "model.layers.0.self_attn.q_proj.weight"
     * @throws IllegalArgumentException if such files do not hold the tensor
     */
    public static String huggingFace(TensorKey key) {
        String stem =
                key.role()
                        .huggingFaceStem()
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                key.role().id() + " is in GGUF files only"));
        String prefix = key.role().layered() ? "model.layers." + key.layer() + "." : "";
        return prefix + stem + "." + key.part().suffix();
    }

    /**
     * Returns a tensor's name in GGUF files.
     *
     * @param key the tensor
     * @return for example "blk.0.attn_q.weight"
     */
    public static String gguf(TensorKey key) {
        String prefix = key.role().layered() ? "blk." + key.layer() + "." : "";
        return prefix + key.role().ggufStem() + "." + key.part().suffix();
    }

    /**
     * Returns a tensor's name in files of a format.
     *
     * @param key the tensor
     * @param format the format
     * @return the name
     * @throws IllegalArgumentException if such files do not hold the tensor
     */
    public static String of(TensorKey key, Format format) {
        return format == Format.GGUF ? gguf(key) : huggingFace(key);
    }

    /**
     * Tells what a name stands for.
     *
     * @param name a tensor's name
     * @param format the format of its file
     * @return the tensor, or empty if the name is none of a decoder's
     */
    public static Optional<TensorKey> find(String name, Format format) {
        boolean gguf = format == Format.GGUF;
        Matcher matcher = (gguf ? GGUF_LAYER : HUGGING_FACE_LAYER).matcher(name);
        boolean layered = matcher.matches();
        int layer = layered ? Integer.parseInt(matcher.group(1)) : -1;
        String rest = layered ? matcher.group(2) : name;
        int dot = rest.lastIndexOf('.');
        if (dot < 0) {
            return Optional.empty();
        }
        TensorRole role = (gguf ? GGUF : HUGGING_FACE).get(rest.substring(0, dot));
        if (role == null || role.layered() != layered) {
            return Optional.empty();
        }
        for (TensorKey.Part part : TensorKey.Part.values()) {
            if (part.suffix().equals(rest.substring(dot + 1))) {
                return Optional.of(new TensorKey(role, layer, part));
            }
        }
        return Optional.empty();
    }

    /**
     * Tells what a name must stand for.
     *
     * @param name a tensor's name
     * @param format the format of its file
     * @return the tensor
     * @throws DataException naming the tensor if the name is none of a decoder's
     */
    public static TensorKey parse(String name, Format format) {
        return find(name, format)
                .orElseThrow(
                        () ->
                                new DataException(
                                        "tensor '"
                                                + name
                                                + "' is not known in "
                                                + format
                                                + " files"));
    }

    /**
     * Sorts out all tensors of a checkpoint.
     *
     * @param checkpoint an open checkpoint
     * @param layers number of blocks that the model has
     * @return the tensors in the order of the file
     * @throws DataException naming file and tensor if one is unknown or of a block that the model
     *     does not have
     */
    public static Map<TensorKey, TensorInfo> index(Checkpoint checkpoint, int layers) {
        Map<TensorKey, TensorInfo> tensors = new LinkedHashMap<>();
        for (TensorInfo tensor : checkpoint.tensors()) {
            if (HARMLESS.matcher(tensor.name()).matches()) {
                continue;
            }
            TensorKey key =
                    find(tensor.name(), checkpoint.format())
                            .orElseThrow(
                                    () ->
                                            new DataException(
                                                    String.format(
                                                            "%s: tensor '%s' belongs to no part of"
                                                                    + " the model that is known",
                                                            tensor.file(), tensor.name())));
            if (key.layer() >= layers) {
                throw new DataException(
                        String.format(
                                "%s: tensor '%s' belongs to block %d, the model has %d",
                                tensor.file(), tensor.name(), key.layer(), layers));
            }
            tensors.put(key, tensor);
        }
        return tensors;
    }
}
