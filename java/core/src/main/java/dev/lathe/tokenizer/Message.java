package dev.lathe.tokenizer;

/**
 * A turn of a conversation.
 *
 * @param role who speaks: {@code system}, {@code user} or {@code assistant}, or what else a
 *     template knows
 * @param content what is said; special tokens in it are passed through
 */
public record Message(String role, String content) {}
