package dev.lathe.checkpoint;

/** How rotary frequencies are stretched for contexts longer than those first trained on. */
public sealed interface RopeScaling permits RopeScaling.Linear, RopeScaling.Llama3 {

    /**
     * Returns the name that config.json gives the rule.
     *
     * @return "linear" or "llama3"
     */
    String type();

    /**
     * Every frequency is divided by the factor.
     *
     * @param factor at least 1
     */
    record Linear(double factor) implements RopeScaling {
        /**
         * Checks the factor.
         *
         * @param factor the component
         * @throws IllegalArgumentException if it is below 1
         */
        public Linear {
            requireFactor(factor);
        }

        @Override
        public String type() {
            return "linear";
        }
    }

    /**
     * The rule of Llama 3.1: with the wavelength 2 pi / frequency, frequencies of waves longer than
     * original / low are divided by the factor, those shorter than original / high stay, those
     * between go smoothly from one to the other.
     *
     * @param factor at least 1
     * @param lowFrequencyFactor above 0
     * @param highFrequencyFactor above the low one
     * @param originalContextLength tokens of the context first trained on
     */
    record Llama3(
            double factor,
            double lowFrequencyFactor,
            double highFrequencyFactor,
            int originalContextLength)
            implements RopeScaling {
        /**
         * Checks the parameters.
         *
         * @param factor the component
         * @param lowFrequencyFactor the component
         * @param highFrequencyFactor the component
         * @param originalContextLength the component
         * @throws IllegalArgumentException naming the one that is out of range
         */
        public Llama3 {
            requireFactor(factor);
            if (!(lowFrequencyFactor > 0 && lowFrequencyFactor < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "low_freq_factor is " + lowFrequencyFactor + ", expected above 0");
            }
            if (!(highFrequencyFactor > lowFrequencyFactor
                    && highFrequencyFactor < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        String.format(
                                "high_freq_factor is %s, expected above low_freq_factor %s",
                                highFrequencyFactor, lowFrequencyFactor));
            }
            if (originalContextLength < 1) {
                throw new IllegalArgumentException(
                        "original_max_position_embeddings is " + originalContextLength);
            }
        }

        @Override
        public String type() {
            return "llama3";
        }
    }

    private static void requireFactor(double factor) {
        if (!(factor >= 1 && factor < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the factor of the rope scaling is " + factor + ", expected at least 1");
        }
    }
}
