package dev.lathe.tokenizer;

import java.util.Locale;

/**
 * The parts that single tokens play. Hugging Face names them by a short word ({@code bos_token} in
 * {@code tokenizer_config.json}), GGUF by a key; the second spelling is part of the format,
 * mistakes included.
 */
public enum SpecialToken {
    /** Stands at the beginning of a sequence. */
    BOS("bos", "bos_token_id"),
    /** Ends a sequence. */
    EOS("eos", "eos_token_id"),
    /** Stands for what the vocabulary cannot express. */
    UNKNOWN("unk", "unknown_token_id"),
    /** Separates sequences. */
    SEPARATOR("sep", "seperator_token_id"),
    /** Fills up short sequences of a batch. */
    PADDING("pad", "padding_token_id"),
    /** Carries a sequence's class. */
    CLASSIFIER("cls", "cls_token_id"),
    /** Hides a token. */
    MASK("mask", "mask_token_id"),
    /** Ends a turn of a conversation. */
    END_OF_TURN("eot", "eot_token_id"),
    /** Ends a message within a turn. */
    END_OF_MESSAGE("eom", "eom_token_id"),
    /** Opens the text before a gap. */
    FILL_PREFIX("fim_pre", "fim_pre_token_id"),
    /** Opens the text after a gap. */
    FILL_SUFFIX("fim_suf", "fim_suf_token_id"),
    /** Opens the text that fills a gap. */
    FILL_MIDDLE("fim_mid", "fim_mid_token_id"),
    /** Pads a text with a gap. */
    FILL_PADDING("fim_pad", "fim_pad_token_id"),
    /** Names the repository of a text with a gap. */
    FILL_REPOSITORY("fim_rep", "fim_rep_token_id"),
    /** Separates the files of a text with a gap. */
    FILL_SEPARATOR("fim_sep", "fim_sep_token_id");

    private final String shortName;
    private final String ggufKey;

    SpecialToken(String shortName, String ggufKey) {
        this.shortName = shortName;
        this.ggufKey = "tokenizer.ggml." + ggufKey;
    }

    /**
     * Returns the name in Hugging Face's configuration files.
     *
     * @return for example {@code bos_token}
     */
    public String configurationName() {
        return shortName + "_token";
    }

    /**
     * Returns the key in GGUF metadata.
     *
     * @return for example {@code tokenizer.ggml.bos_token_id}
     */
    public String ggufKey() {
        return ggufKey;
    }

    /**
     * Says whether transformers has an attribute for this part; the others live in GGUF alone.
     *
     * @return true for the seven parts that {@code tokenizer_config.json} knows
     */
    public boolean inConfiguration() {
        return compareTo(MASK) <= 0;
    }

    @Override
    public String toString() {
        return shortName.toUpperCase(Locale.ROOT);
    }
}
