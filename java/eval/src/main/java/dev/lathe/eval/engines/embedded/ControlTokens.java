package dev.lathe.eval.engines.embedded;

import dev.lathe.checkpoint.GgufArray;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.TokenType;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The tokens of a GGUF vocabulary of any kind that are signs to the program, not text. */
final class ControlTokens {
    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String TYPES = "tokenizer.ggml.token_type";

    /** llama.cpp ends a generation at tokens of these texts, whatever their type. */
    private static final Set<String> ENDS_BY_NAME =
            Set.of(
                    "<|eot_id|>",
                    "<|eom_id|>",
                    "<|im_end|>",
                    "<|end|>",
                    "<end_of_turn>",
                    "<|endoftext|>",
                    "<EOT>",
                    "_<EOT>",
                    "<\uFF5Cend\u2581of\u2581sentence\uFF5C>");

    private static final Set<String> SHOWN = Set.of(ModelOutput.OPEN, ModelOutput.CLOSE);

    private final Set<String> control = new HashSet<>();
    private final Set<String> ends = new HashSet<>();

    private ControlTokens() {}

    /**
     * Reads the vocabulary.
     *
     * @param metadata of a GGUF file; what it lacks counts as absent
     */
    static ControlTokens of(GgufMetadata metadata) {
        ControlTokens result = new ControlTokens();
        List<String> tokens = metadata.findStrings(TOKENS).orElse(List.of());
        Optional<GgufArray.Numbers> types = metadata.findNumbers(TYPES);
        for (int id = 0; id < tokens.size(); id++) {
            String text = tokens.get(id);
            boolean typed =
                    types.isPresent()
                            && id < types.get().size()
                            && types.get().elementType().whole()
                            && types.get().longAt(id) == TokenType.CONTROL.id();
            if (typed || ENDS_BY_NAME.contains(text)) {
                result.control.add(text);
            }
            if (ENDS_BY_NAME.contains(text)) {
                result.ends.add(text);
            }
        }
        for (SpecialToken part :
                List.of(SpecialToken.EOS, SpecialToken.END_OF_TURN, SpecialToken.END_OF_MESSAGE)) {
            find(metadata, tokens, part)
                    .ifPresent(
                            text -> {
                                result.control.add(text);
                                result.ends.add(text);
                            });
        }
        return result;
    }

    /** The text of the token that plays a part. */
    static Optional<String> find(GgufMetadata metadata, List<String> tokens, SpecialToken part) {
        return metadata.findInteger(part.ggufKey())
                .filter(id -> id >= 0 && id < tokens.size())
                .map(id -> tokens.get(id.intValue()));
    }

    /** Whether a piece belongs to the output's text. */
    boolean shown(String piece) {
        return SHOWN.contains(piece) || !control.contains(piece);
    }

    /** Whether a piece is a token at which generations end. */
    boolean ends(String piece) {
        return ends.contains(piece);
    }
}
