package dev.lathe.tokenizer;

import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.lathe.DataException;
import dev.lathe.LatheException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A tokenizer of the Hugging Face library, through DJL's bindings.
 *
 * <p>The bindings are used below DJL's own {@code HuggingFaceTokenizer}: that class reports its use
 * to a server, cuts sequences unless told not to, and copies the position of every token to Java.
 *
 * <p>Thread-safe; {@link #close} waits for calls in progress.
 */
final class NativeTokenizer implements AutoCloseable {
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final String source;
    private long handle;

    /**
     * Builds a tokenizer.
     *
     * @param source file, for messages
     * @param json text of a checked {@code tokenizer.json}
     * @throws DataException if the library does not accept it
     */
    NativeTokenizer(String source, String json) {
        this.source = source;
        Library.load();
        try {
            handle = TokenizersLibrary.LIB.createTokenizerFromString(json);
        } catch (RuntimeException e) {
            throw new DataException(source + ": not a usable tokenizer: " + oneLine(e), e);
        }
    }

    int[] encode(String text, boolean addSpecial) {
        lock.readLock().lock();
        try {
            long encoding = TokenizersLibrary.LIB.encode(open(), wellFormed(text), addSpecial);
            try {
                long[] ids = TokenizersLibrary.LIB.getTokenIds(encoding);
                int[] narrow = new int[ids.length];
                for (int i = 0; i < ids.length; i++) {
                    narrow[i] = Math.toIntExact(ids[i]);
                }
                return narrow;
            } finally {
                TokenizersLibrary.LIB.deleteEncoding(encoding);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    String decode(int[] ids, boolean skipSpecial) {
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            wide[i] = ids[i];
        }
        lock.readLock().lock();
        try {
            return TokenizersLibrary.LIB.decode(open(), wide, skipSpecial);
        } finally {
            lock.readLock().unlock();
        }
    }

    private long open() {
        if (handle == 0) {
            throw new IllegalStateException(source + ": the tokenizer is closed");
        }
        return handle;
    }

    /** Replaces halves of surrogate pairs, which are no characters and have no UTF-8 form. */
    private static String wellFormed(String text) {
        StringBuilder changed = null;
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (!Character.isSurrogate(unit)) {
                continue;
            }
            if (Character.isHighSurrogate(unit)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            changed = changed == null ? new StringBuilder(text) : changed;
            changed.setCharAt(i, '\uFFFD');
        }
        return changed == null ? text : changed.toString();
    }

    private static String oneLine(RuntimeException failure) {
        return String.valueOf(failure.getMessage()).replaceAll("\\s+", " ").strip();
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (handle != 0) {
                TokenizersLibrary.LIB.deleteTokenizer(handle);
                handle = 0;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** The native library, loaded once. */
    private static final class Library {
        private static final String FLAVOR = "RUST_FLAVOR";

        private static final RuntimeException FAILURE = tryLoad();

        private Library() {}

        private static RuntimeException tryLoad() {
            if (System.getenv(FLAVOR) == null && System.getProperty(FLAVOR) == null) {
                // Where there is a GPU, DJL would download a library for it; the jar holds this
                // one.
                System.setProperty(FLAVOR, "cpu");
            }
            try {
                LibUtils.checkStatus();
                return null;
            } catch (RuntimeException | LinkageError e) {
                return new LatheException(
                        "the tokenizers library cannot be loaded on this machine: "
                                + e.getMessage(),
                        e);
            }
        }

        static void load() {
            if (FAILURE != null) {
                throw FAILURE;
            }
        }
    }
}
