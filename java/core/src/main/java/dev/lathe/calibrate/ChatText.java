package dev.lathe.calibrate;

import dev.lathe.tokenizer.Tokenizer;

/** Conversations as the text that a model sees. */
final class ChatText {
    private ChatText() {}

    static String render(String jsonLines, Tokenizer tokenizer, String source) {
        throw new UnsupportedOperationException();
    }
}
