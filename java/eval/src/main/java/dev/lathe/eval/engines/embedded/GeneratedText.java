package dev.lathe.eval.engines.embedded;

import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.extract.ModelOutput;
import java.util.List;

/**
 * Text and exact counts of generated tokens. Control tokens are not part of the text, apart from
 * those around the thinking.
 *
 * @param text the output
 * @param stop why it ended
 * @param thinkingTokens tokens up to and including the last end of thinking
 * @param answerTokens the other tokens
 */
record GeneratedText(String text, StopReason stop, int thinkingTokens, int answerTokens) {
    /**
     * Puts pieces together.
     *
     * @param answer what the child said
     * @param vocabulary tells control tokens
     * @param thinks whether the prompt opened the thinking
     */
    static GeneratedText of(Pending answer, ControlTokens vocabulary, boolean thinks) {
        List<String> pieces = answer.pieces();
        StringBuilder text = new StringBuilder();
        int tokens = 0;
        int searched = 0;
        int thinking = 0;
        boolean closed = false;
        for (int i = 0; i < pieces.size(); i++) {
            tokens += answer.counts().get(i);
            if (vocabulary.shown(pieces.get(i))) {
                text.append(pieces.get(i));
            }
            int close = text.indexOf(ModelOutput.CLOSE, searched);
            if (close >= 0) {
                closed = true;
                thinking = tokens;
                searched = close + ModelOutput.CLOSE.length();
            } else {
                searched = Math.max(searched, text.length() - ModelOutput.CLOSE.length());
            }
        }
        boolean ended = !pieces.isEmpty() && vocabulary.ends(pieces.get(pieces.size() - 1));
        // What was held back when the cap ended it within a character was never sent.
        int total = ended ? tokens : answer.budget();
        boolean open = thinks || text.toString().stripLeading().startsWith(ModelOutput.OPEN);
        if (!closed && open) {
            thinking = total;
        }
        return new GeneratedText(
                text.toString(),
                ended ? StopReason.END : StopReason.LENGTH,
                thinking,
                total - thinking);
    }
}
