package dev.lathe.tokenizer;
public final class ChatTemplate { static final String DEFAULT_NAME="default"; }
