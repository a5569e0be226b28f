package dev.lathe.tokenizer;

import java.util.Optional;

/** What kind of token an entry of a GGUF vocabulary is; the number in the file is one of these. */
public enum TokenType {
    /** Made by merges from text. */
    NORMAL(1),
    /** Stands for what the vocabulary cannot express. */
    UNKNOWN(2),
    /** Steers the model and is not part of its text. */
    CONTROL(3),
    /** Found in the text as it stands, before merges are applied. */
    USER_DEFINED(4),
    /** Fills the vocabulary up to the rows of the embedding. */
    UNUSED(5),
    /** A single byte. */
    BYTE(6);

    private final int id;

    TokenType(int id) {
        this.id = id;
    }

    /**
     * Returns the number in a GGUF file.
     *
     * @return 1 to 6
     */
    public int id() {
        return id;
    }

    /**
     * Finds a type by its number.
     *
     * @param id number in a GGUF file
     * @return the type, or empty where GGUF does not define the number
     */
    public static Optional<TokenType> byId(long id) {
        return id < 1 || id > values().length
                ? Optional.empty()
                : Optional.of(values()[(int) id - 1]);
    }

    /** Whether the token is searched for in the text before anything else is done to it. */
    boolean standsAlone() {
        return this == CONTROL || this == USER_DEFINED || this == UNKNOWN;
    }
}
