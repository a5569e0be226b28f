package dev.lathe.eval.engines.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.eval.engine.EngineOptions;
import org.junit.jupiter.api.Test;

class ParallelismTest {
    private static final long MIB = 1 << 20;

    private static GgufMetadata llama(long layers, long width, long heads, long keyHeads) {
        return GgufMetadata.builder()
                .putString("general.architecture", "llama")
                .putUint32("llama.block_count", layers)
                .putUint32("llama.embedding_length", width)
                .putUint32("llama.attention.head_count", heads)
                .putUint32("llama.attention.head_count_kv", keyHeads)
                .build();
    }

    private static EngineOptions options(int context) {
        return EngineOptions.withContext(context).withThreads(2);
    }

    @Test
    void smallModelsGetAProcessForEachThread() {
        GgufMetadata tiny = llama(6, 256, 4, 2);
        assertEquals(new Parallelism(2, 1, 1), Parallelism.of(tiny, 10 * MIB, options(1024)));
        assertEquals(
                new Parallelism(1, 1, 1),
                Parallelism.of(tiny, 10 * MIB, options(1024).withConcurrency(1)));
        assertEquals(
                new Parallelism(2, 3, 1),
                Parallelism.of(tiny, 10 * MIB, options(1024).withConcurrency(5)));
    }

    @Test
    void largeModelsShareOneProcess() {
        GgufMetadata qwen = llama(28, 1536, 12, 2);
        Parallelism chosen = Parallelism.of(qwen, 1000 * MIB, options(4096));
        assertEquals(1, chosen.processes());
        assertEquals(2, chosen.threads());
        assertTrue(chosen.slots() >= 2, chosen.toString());
        assertEquals(
                new Parallelism(1, 16, 2),
                Parallelism.of(qwen, 1000 * MIB, options(4096).withConcurrency(16)));
    }

    @Test
    void cachesStayWithinTheirGigabyte() {
        GgufMetadata wide = llama(80, 8192, 64, 64);
        assertEquals(1, Parallelism.of(wide, 40_000 * MIB, options(32768)).slots());
    }

    @Test
    void absurdOrMissingSizesAreReplaced() {
        GgufMetadata empty = GgufMetadata.builder().build();
        assertTrue(Parallelism.of(empty, 1000 * MIB, options(4096)).slots() >= 1);
        GgufMetadata absurd = llama(0, 4_000_000_000L, 0, 7);
        assertTrue(Parallelism.of(absurd, 1000 * MIB, options(4096)).slots() >= 1);
    }
}
