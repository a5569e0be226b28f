package dev.lathe.eval.judge;

/**
 * The end of an output that says the same again and again.
 *
 * @param period characters of what is repeated
 * @param times how often it stands at the end
 * @param text its beginning, for readers
 */
public record Repetition(int period, int times, String text) {
    /** Only so many characters at the end are looked at: loops of models are shorter by far. */
    private static final int WINDOW = 20_000;

    /** Tables and rules of dashes repeat too, but not for so long. */
    private static final int LEAST_CHARACTERS = 400;

    private static final int LEAST_TIMES = 4;
    private static final int SHOWN = 120;

    /**
     * Finds repetition at the end of an output: at least four times the same, 400 characters in
     * all, the last one perhaps cut off.
     *
     * @param output any text
     * @return the repetition with the longest stretch, or null where there is none
     */
    public static Repetition of(String output) {
        int start = Math.max(0, output.length() - WINDOW);
        char[] reversed = new char[output.length() - start];
        for (int i = 0; i < reversed.length; i++) {
            reversed[i] = output.charAt(output.length() - 1 - i);
        }
        int[] border = borders(reversed);
        int stretch = 0;
        for (int length = 1; length <= reversed.length; length++) {
            int period = length - border[length];
            if (length >= LEAST_CHARACTERS && length / period >= LEAST_TIMES) {
                stretch = length;
            }
        }
        if (stretch == 0) {
            return null;
        }
        int period = stretch - border[stretch];
        int from = output.length() - stretch;
        String text = output.substring(from, from + Math.min(period, SHOWN));
        return new Repetition(period, stretch / period, text.strip());
    }

    /**
     * The prefix function of Knuth, Morris and Pratt: {@code border[n]} is the length of the
     * longest proper prefix of the first n characters that is also their suffix, and n − border[n]
     * their smallest period.
     */
    private static int[] borders(char[] text) {
        int[] border = new int[text.length + 1];
        border[0] = -1;
        int length = -1;
        for (int i = 0; i < text.length; i++) {
            while (length >= 0 && text[length] != text[i]) {
                length = border[length];
            }
            length++;
            border[i + 1] = length;
        }
        return border;
    }
}
