package dev.lathe.calibrate;

import dev.lathe.UsageException;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;

/**
 * Sequences of tokens that a model is calibrated or measured on. The text is encoded as a whole and
 * cut into pieces of equal length, so that short texts share a piece and long ones fill several;
 * which pieces are taken is drawn with the seed. Where the model's tokenizer begins texts with a
 * token of its own, every sequence begins with it.
 *
 * @param sequences token ids, all of one length
 * @param source what they were made of, for the record
 */
public record CalibrationSet(int[][] sequences, String source) {
    /** What Java can hold in one text, whatever its characters. */
    private static final long LARGEST_FILE = 1L << 30;

    private static final String DEFAULT_SET = "default-calibration.jsonl";

    /**
     * Draws the sequences that the options ask for.
     *
     * @param options file, number, length and seed
     * @param tokenizer of the model
     * @return the set
     * @throws UsageException if the file cannot be read or holds too few tokens
     */
    public static CalibrationSet load(CalibrationOptions options, Tokenizer tokenizer) {
        String source = sourceOf(options.file());
        int[] tokens = tokens(options.file(), tokenizer, false);
        int[][] pieces = cut(tokens, options.length(), bos(tokenizer));
        if (pieces.length < options.sequences()) {
            throw new UsageException(
                    String.format(
                            "%s holds %d tokens, enough for %d sequences of %d; %d were asked for",
                            source,
                            tokens.length,
                            pieces.length,
                            options.length(),
                            options.sequences()));
        }
        shuffle(pieces, options.seed());
        return new CalibrationSet(Arrays.copyOf(pieces, options.sequences()), source);
    }

    /**
     * Cuts a whole text into sequences, in order, as perplexity is measured.
     *
     * @param text the text
     * @param tokenizer of the model
     * @param length tokens of a sequence
     * @param most at most so many sequences; 0: all
     * @return the set
     * @throws UsageException if the text is shorter than one sequence
     */
    public static CalibrationSet inOrder(String text, Tokenizer tokenizer, int length, int most) {
        int[] tokens = tokenizer.encode(text, false);
        int[][] pieces = cut(tokens, length, bos(tokenizer));
        if (pieces.length == 0) {
            throw new UsageException(
                    "the text has "
                            + tokens.length
                            + " tokens, fewer than one sequence of "
                            + length);
        }
        return new CalibrationSet(
                most > 0 && most < pieces.length ? Arrays.copyOf(pieces, most) : pieces, "text");
    }

    /**
     * Cuts a whole text into sequences, in order, as llama.cpp's tools cut it: the text's tokens,
     * begun as the model asks, fall into pieces of the length, and where the model's tokenizer
     * begins texts with a token of its own, that takes the place of each piece's first token.
     *
     * @param file plain text, or chat as JSONL ({@code .jsonl}); null: the built-in set
     * @param tokenizer of the model
     * @param length tokens of a sequence
     * @param most at most so many sequences; 0: all
     * @return the set
     * @throws UsageException if the file cannot be read or holds fewer sequences than asked for, or
     *     none
     */
    public static CalibrationSet chunks(String file, Tokenizer tokenizer, int length, int most) {
        int[] tokens = tokens(file, tokenizer, true);
        int count = tokens.length / length;
        if (count == 0 || count < most) {
            throw new UsageException(
                    String.format(
                            "%s holds %d tokens, enough for %d sequences of %d; %d were asked for",
                            sourceOf(file), tokens.length, count, length, Math.max(most, 1)));
        }
        int[][] pieces = new int[most > 0 ? most : count][];
        OptionalInt bos = bos(tokenizer);
        for (int i = 0; i < pieces.length; i++) {
            int[] piece = Arrays.copyOfRange(tokens, i * length, (i + 1) * length);
            bos.ifPresent(token -> piece[0] = token);
            pieces[i] = piece;
        }
        return new CalibrationSet(pieces, sourceOf(file));
    }

    private static String sourceOf(String file) {
        return file == null ? "built-in set" : file;
    }

    private static int[] tokens(String file, Tokenizer tokenizer, boolean addSpecial) {
        String text = file == null ? builtIn() : read(Path.of(file));
        boolean chat = file == null || file.endsWith(".jsonl");
        String rendered = chat ? ChatText.render(text, tokenizer, sourceOf(file)) : text;
        // Templates may write the first token themselves; a text begins once.
        Optional<String> begin = addSpecial ? beginning(tokenizer) : Optional.empty();
        boolean begun = chat && begin.isPresent() && rendered.startsWith(begin.get());
        return tokenizer.encode(rendered, addSpecial && !begun, chat);
    }

    /**
     * Reads a text file.
     *
     * @param file UTF-8 text
     * @return its content
     * @throws UsageException if it cannot be read
     */
    public static String read(Path file) {
        try {
            if (Files.size(file) > LARGEST_FILE) {
                throw new UsageException(
                        String.format(
                                "%s is too large: %d bytes, expected at most %d",
                                file, Files.size(file), LARGEST_FILE));
            }
            return Files.readString(file);
        } catch (IOException e) {
            String reason =
                    e instanceof NoSuchFileException
                            ? "does not exist"
                            : e instanceof CharacterCodingException
                                    ? "is no UTF-8 text"
                                    : "cannot be read: " + e.getMessage();
            throw new UsageException(file + " " + reason, e);
        }
    }

    /**
     * The number of tokens of all sequences.
     *
     * @return tokens
     */
    public long tokens() {
        return Arrays.stream(sequences).mapToLong(s -> s.length).sum();
    }

    /**
     * Checksum of all ids, for the record and the journal.
     *
     * @return SHA-256 in hexadecimal
     */
    public String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (int[] sequence : sequences) {
                ByteBuffer bytes = ByteBuffer.allocate(sequence.length * Integer.BYTES);
                bytes.asIntBuffer().put(sequence);
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static OptionalInt bos(Tokenizer tokenizer) {
        return tokenizer.addsBos() ? tokenizer.specialToken(SpecialToken.BOS) : OptionalInt.empty();
    }

    private static Optional<String> beginning(Tokenizer tokenizer) {
        OptionalInt bos = bos(tokenizer);
        return bos.isPresent() ? tokenizer.token(bos.getAsInt()) : Optional.empty();
    }

    /** A piece that begins with the token by itself, as conversations may, gets no second one. */
    private static int[][] cut(int[] tokens, int length, OptionalInt bos) {
        List<int[]> pieces = new ArrayList<>();
        int from = 0;
        while (true) {
            boolean add =
                    bos.isPresent() && (from == tokens.length || tokens[from] != bos.getAsInt());
            int body = add ? length - 1 : length;
            if (body > tokens.length - from) {
                return pieces.toArray(int[][]::new);
            }
            int[] piece = new int[length];
            bos.ifPresent(token -> piece[0] = token);
            System.arraycopy(tokens, from, piece, length - body, body);
            pieces.add(piece);
            from += body;
        }
    }

    private static void shuffle(int[][] pieces, long seed) {
        Random random = new Random(seed);
        for (int i = pieces.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int[] piece = pieces[i];
            pieces[i] = pieces[j];
            pieces[j] = piece;
        }
    }

    private static String builtIn() {
        try (InputStream stream = CalibrationSet.class.getResourceAsStream(DEFAULT_SET)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UsageException(
                    "the built-in calibration set cannot be read: " + e.getMessage(), e);
        }
    }
}
