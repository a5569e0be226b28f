package dev.lathe.eval.engines.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.eval.engine.StopReason;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class GeneratedTextTest {
    private static final int NORMAL = 1;
    private static final int CONTROL = 3;

    private static final ControlTokens VOCABULARY =
            ControlTokens.of(
                    GgufMetadata.builder()
                            .putStrings(
                                    "tokenizer.ggml.tokens",
                                    List.of(
                                            "a",
                                            "<s>",
                                            "</s>",
                                            "<think>",
                                            "</think>",
                                            "<|im_end|>"))
                            .putInt32s(
                                    "tokenizer.ggml.token_type",
                                    NORMAL,
                                    CONTROL,
                                    CONTROL,
                                    CONTROL,
                                    CONTROL,
                                    NORMAL)
                            .putUint32("tokenizer.ggml.eos_token_id", 2)
                            .build());

    private static GeneratedText read(int budget, boolean thinks, String... pieces) {
        return read(budget, thinks, List.of(pieces), Collections.nCopies(pieces.length, 1));
    }

    private static GeneratedText read(
            int budget, boolean thinks, List<String> pieces, List<Integer> counts) {
        Pending answer = new Pending();
        answer.accept(ChildEvent.started(1, 5, budget));
        answer.accept(ChildEvent.pieces(1, pieces, counts));
        return GeneratedText.of(answer, VOCABULARY, thinks);
    }

    @Test
    void tokensUpToTheEndOfThinkingAreThinking() {
        assertEquals(
                new GeneratedText("so</think>\n(A)", StopReason.END, 2, 3),
                read(100, true, "so", "</think>", "\n", "(A)", "</s>"));
    }

    @Test
    void theEndOfThinkingMayTakeSeveralTokens() {
        assertEquals(
                new GeneratedText("so</think>(A)", StopReason.END, 4, 2),
                read(100, true, "so", "</", "thi", "nk>", "(A)", "<|im_end|>"));
    }

    @Test
    void theLastEndOfThinkingCounts() {
        assertEquals(
                new GeneratedText("</think>b</think>c", StopReason.END, 3, 2),
                read(100, false, "</think>", "b", "</think>", "c", "</s>"));
    }

    @Test
    void thinkingThatDoesNotEndIsAllThereIs() {
        assertEquals(
                new GeneratedText("so so", StopReason.LENGTH, 2, 0), read(2, true, "so", " so"));
        assertEquals(
                new GeneratedText("<think>so", StopReason.LENGTH, 2, 0),
                read(2, false, "<think>", "so"));
    }

    @Test
    void controlTokensAreCountedAndNotShown() {
        assertEquals(
                new GeneratedText("ab", StopReason.END, 0, 4),
                read(100, false, "a", "<s>", "b", "</s>"));
    }

    @Test
    void anEndAtTheCapIsAnEnd() {
        assertEquals(new GeneratedText("a", StopReason.END, 0, 2), read(2, false, "a", "</s>"));
    }

    @Test
    void anAnswerMayBeEmpty() {
        assertEquals(new GeneratedText("", StopReason.END, 0, 1), read(9, false, "</s>"));
        assertEquals(new GeneratedText("", StopReason.END, 1, 0), read(9, true, "</s>"));
    }

    @Test
    void whatWasHeldBackWithinACharacterCounts() {
        // The third token of four began a character that the cap cut.
        assertEquals(
                new GeneratedText("\uD83C\uDF31", StopReason.LENGTH, 0, 4),
                read(4, false, List.of("\uD83C\uDF31"), List.of(3)));
    }
}
