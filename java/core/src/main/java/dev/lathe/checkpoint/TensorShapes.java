package dev.lathe.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tensors that a model must have, with their shapes, as its description asks for them. */
public final class TensorShapes {
    private static final List<TensorRole> ATTENTION =
            List.of(TensorRole.Q_PROJ, TensorRole.K_PROJ, TensorRole.V_PROJ, TensorRole.O_PROJ);
    private static final List<TensorRole> FEED_FORWARD =
            List.of(TensorRole.GATE_PROJ, TensorRole.UP_PROJ, TensorRole.DOWN_PROJ);

    private final ModelConfig config;
    private final Map<TensorKey, List<Long>> shapes = new LinkedHashMap<>();

    private TensorShapes(ModelConfig config) {
        this.config = config;
    }

    /**
     * Lists all tensors that must be there.
     *
     * @param config the model
     * @return shapes, outermost size first, in the order of the forward pass; biases are left out
     */
    public static Map<TensorKey, List<Long>> required(ModelConfig config) {
        TensorShapes all = new TensorShapes(config);
        all.outer(TensorRole.EMBEDDING, config.vocabularySize(), config.hiddenSize());
        for (int layer = 0; layer < config.layers(); layer++) {
            all.block(layer);
        }
        all.outer(TensorRole.FINAL_NORM, config.hiddenSize());
        if (!config.tiedEmbeddings()) {
            all.outer(TensorRole.HEAD, config.vocabularySize(), config.hiddenSize());
        }
        return all.shapes;
    }

    private void block(int layer) {
        put(layer, TensorRole.INPUT_NORM, config.hiddenSize());
        if (config.latent().isPresent()) {
            latentAttention(layer, config.latent().get());
        } else {
            ATTENTION.forEach(role -> put(layer, role, config.rows(role), config.cols(role)));
        }
        if (config.family().headNorms()) {
            put(layer, TensorRole.Q_NORM, config.headSize());
            put(layer, TensorRole.K_NORM, config.headSize());
        }
        put(layer, TensorRole.POST_ATTENTION_NORM, config.hiddenSize());
        boolean dense = config.mixture().map(mixture -> layer < mixture.denseBlocks()).orElse(true);
        if (dense) {
            FEED_FORWARD.forEach(role -> put(layer, role, config.rows(role), config.cols(role)));
        } else {
            experts(layer, config.mixture().get());
        }
    }

    private void latentAttention(int layer, LatentAttention latent) {
        long hidden = config.hiddenSize();
        long heads = config.heads();
        long key = latent.plainSize() + latent.rotarySize();
        put(layer, TensorRole.Q_A_PROJ, latent.queryRank(), hidden);
        put(layer, TensorRole.Q_A_NORM, latent.queryRank());
        put(layer, TensorRole.Q_B_PROJ, heads * key, latent.queryRank());
        put(layer, TensorRole.KV_A_PROJ, latent.keyValueRank() + latent.rotarySize(), hidden);
        put(layer, TensorRole.KV_A_NORM, latent.keyValueRank());
        put(layer, TensorRole.K_B_PROJ, heads, latent.keyValueRank(), latent.plainSize());
        put(layer, TensorRole.V_B_PROJ, heads, latent.valueSize(), latent.keyValueRank());
        put(layer, TensorRole.O_PROJ, hidden, heads * latent.valueSize());
    }

    private void experts(int layer, MixtureOfExperts mixture) {
        long hidden = config.hiddenSize();
        put(layer, TensorRole.ROUTER, mixture.count(), hidden);
        put(layer, TensorRole.EXPERTS_GATE, mixture.count(), mixture.width(), hidden);
        put(layer, TensorRole.EXPERTS_UP, mixture.count(), mixture.width(), hidden);
        put(layer, TensorRole.EXPERTS_DOWN, mixture.count(), hidden, mixture.width());
        if (mixture.shared() > 0) {
            put(layer, TensorRole.SHARED_GATE, mixture.shared(), hidden);
            put(layer, TensorRole.SHARED_UP, mixture.shared(), hidden);
            put(layer, TensorRole.SHARED_DOWN, hidden, mixture.shared());
        }
    }

    private void outer(TensorRole role, long... shape) {
        shapes.put(TensorKey.weight(role), boxed(shape));
    }

    private void put(int layer, TensorRole role, long... shape) {
        shapes.put(TensorKey.weight(role, layer), boxed(shape));
    }

    private static List<Long> boxed(long... shape) {
        List<Long> sizes = new ArrayList<>();
        for (long size : shape) {
            sizes.add(size);
        }
        return List.copyOf(sizes);
    }
}
