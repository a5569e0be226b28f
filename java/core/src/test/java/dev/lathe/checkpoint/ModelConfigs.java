package dev.lathe.checkpoint;

import java.util.List;
import java.util.Optional;

/** Descriptions of small models for the tests. */
final class ModelConfigs {
    private ModelConfigs() {}

    /** A model of a family with 4 query heads, 2 key heads of size 16 and width 64. */
    static ModelConfig small(ModelFamily family, Optional<RopeScaling> scaling) {
        return withRope(family, 16, 16, 10000, scaling);
    }

    /** The same with other heads and rotary embedding. */
    static ModelConfig withRope(
            ModelFamily family,
            int headSize,
            int rotarySize,
            double theta,
            Optional<RopeScaling> scaling) {
        return new ModelConfig(
                family,
                64,
                96,
                2,
                4,
                2,
                headSize,
                rotarySize,
                300,
                131072,
                1e-5,
                theta,
                scaling,
                true,
                family == ModelFamily.QWEN2,
                false,
                Optional.of(296),
                List.of(297, 298),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
