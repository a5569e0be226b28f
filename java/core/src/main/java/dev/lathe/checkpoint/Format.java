package dev.lathe.checkpoint;

/** The two file formats that Lathe reads and writes. */
public enum Format {
    /**
     * One file (or numbered splits) with typed metadata, tokenizer included; the format of
     * llama.cpp.
     */
    GGUF,
    /**
     * A Hugging Face folder: {@code config.json}, {@code tokenizer.json}, one or more safetensors
     * files.
     */
    SAFETENSORS
}
