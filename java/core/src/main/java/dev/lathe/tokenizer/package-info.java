/**
 * Text to token ids and back, and the vocabularies of the two checkpoint formats.
 *
 * <p>{@link dev.lathe.tokenizer.Tokenizer} reads a Hugging Face {@code tokenizer.json} or the
 * {@code tokenizer.ggml.*} metadata of a GGUF file and writes either. {@link
 * dev.lathe.tokenizer.PreTokenizer} is the catalogue that ties the two together: GGUF stores the
 * name of a pre-tokenizer, {@code tokenizer.json} its steps. The encoding itself is done by the
 * Hugging Face tokenizers library through DJL. {@link dev.lathe.tokenizer.ChatTemplate} renders
 * conversations.
 */
package dev.lathe.tokenizer;
