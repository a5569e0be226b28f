package dev.lathe.checkpoint;

import java.util.List;

/**
 * What stands before the tensors' bytes in one GGUF file.
 *
 * @param metadata all keys of the file
 * @param tensors the file's tensors, sorted by offset
 */
record GgufHeader(GgufMetadata metadata, List<TensorInfo> tensors) {
    static final String ALIGNMENT_KEY = "general.alignment";
    static final int DEFAULT_ALIGNMENT = 32;

    /** Rounds a position up to a multiple of the alignment, a power of two. */
    static long align(long position, long alignment) {
        return Math.addExact(position, alignment - 1) & -alignment;
    }
}
