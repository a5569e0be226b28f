package dev.lathe.eval.report;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A text, or its two ends where it is long.
 *
 * @param text all of it, or its beginning
 * @param leftOut characters left out after that
 * @param end what follows them
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record Passage(String text, int leftOut, String end) {
    /** Characters of output that a page should hold at most; text deflates about fourfold. */
    private static final long PAGE = 100_000_000;

    private static final int SHORTEST = 2_000;
    private static final int LONGEST = 200_000;

    /** The most characters of a text on a page with so many answers. */
    static int limit(long answers) {
        return (int) Math.max(SHORTEST, Math.min(LONGEST, PAGE / Math.max(1, answers)));
    }

    /**
     * The text without blank lines around it, which would look as if nothing were there; or the
     * halves of {@code limit} characters from its two ends.
     */
    static Passage of(String whole, int limit) {
        String text = trimmed(whole);
        if (text.length() <= limit) {
            return new Passage(text, 0, "");
        }
        int head = boundary(text, limit / 2);
        int tail = boundary(text, text.length() - limit / 2);
        return new Passage(text.substring(0, head), tail - head, text.substring(tail));
    }

    /** The first line keeps its indentation. */
    private static String trimmed(String text) {
        String end = text.stripTrailing();
        int first = end.length() - end.stripLeading().length();
        return end.substring(end.lastIndexOf('\n', first) + 1);
    }

    /** A position that does not part a surrogate pair. */
    private static int boundary(String text, int position) {
        boolean parts =
                position > 0
                        && position < text.length()
                        && Character.isLowSurrogate(text.charAt(position))
                        && Character.isHighSurrogate(text.charAt(position - 1));
        return parts ? position + 1 : position;
    }
}
