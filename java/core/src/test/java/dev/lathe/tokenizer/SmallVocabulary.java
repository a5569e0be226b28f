package dev.lathe.tokenizer;

import dev.lathe.checkpoint.GgufMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A byte-level vocabulary that is small enough to see through: all bytes, three merges. */
final class SmallVocabulary {
    static final String SOURCE = "metadata";
    static final int BYTES = 256;
    static final int THE = BYTES + 2;
    static final int BEGIN = BYTES + 3;
    static final int END = BYTES + 4;
    static final int THINK = BYTES + 5;
    static final int SIZE = BYTES + 6;

    private SmallVocabulary() {}

    /**
     * The alphabet of byte-level vocabularies: printable bytes of Latin-1 stand for themselves, the
     * others for the characters from U+0100 on, in order.
     */
    static List<String> alphabet() {
        Set<Integer> printable = new HashSet<>();
        for (int c = '!'; c <= 0xFF; c++) {
            if (c <= '~' || c >= 0xA1 && c != 0xAD) {
                printable.add(c);
            }
        }
        List<String> alphabet = new ArrayList<>();
        int next = 0x100;
        for (int c = 0; c < BYTES; c++) {
            alphabet.add(Character.toString(printable.contains(c) ? c : next++));
        }
        return alphabet;
    }

    static List<String> tokens() {
        List<String> tokens = alphabet();
        tokens.addAll(List.of("\u0120t", "he", "\u0120the", "<s>", "</s>", "<think>"));
        return tokens;
    }

    static int[] types() {
        int[] types = new int[SIZE];
        Arrays.fill(types, TokenType.NORMAL.id());
        types[BEGIN] = TokenType.CONTROL.id();
        types[END] = TokenType.CONTROL.id();
        types[THINK] = TokenType.USER_DEFINED.id();
        return types;
    }

    static List<String> merges() {
        return List.of("\u0120 t", "h e", "\u0120t he");
    }

    /** Metadata that tests change in one place. */
    static GgufMetadata.Builder metadata() {
        return GgufMetadata.builder()
                .putString("tokenizer.ggml.model", "gpt2")
                .putString("tokenizer.ggml.pre", "gpt-2")
                .putStrings("tokenizer.ggml.tokens", tokens())
                .putInt32s("tokenizer.ggml.token_type", types())
                .putStrings("tokenizer.ggml.merges", merges())
                .putUint32("tokenizer.ggml.bos_token_id", BEGIN)
                .putUint32("tokenizer.ggml.eos_token_id", END);
    }

    static Tokenizer tokenizer(GgufMetadata.Builder metadata) {
        return Tokenizer.fromGguf(metadata.build());
    }
}
