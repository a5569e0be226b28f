package dev.lathe.eval.engine;

/** How a question is put to a model. */
public enum PromptStyle {
    /** Through the model's chat template; the template decides how the model's turn starts. */
    CHAT,
    /** Through the chat template, and the model's turn starts with the opening. */
    CHAT_THINK,
    /** The message and the opening as plain text, as the paper prints them. */
    RAW
}
