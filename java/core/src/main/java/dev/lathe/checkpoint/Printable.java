package dev.lathe.checkpoint;

/**
 * Text from files as it may stand in a message: one line, no control of the terminal, not endless.
 */
final class Printable {
    private static final int MAXIMUM_LENGTH = 200;
    private static final char REPLACEMENT = '\uFFFD';

    private Printable() {}

    /** Replaces control characters and line separators, and cuts what is too long. */
    static String of(String text) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), MAXIMUM_LENGTH); i++) {
            char character = text.charAt(i);
            shown.append(isPlain(character) ? character : REPLACEMENT);
        }
        return text.length() > MAXIMUM_LENGTH ? shown.append('…').toString() : shown.toString();
    }

    /** Says whether a name may stand in messages as it is. */
    static boolean isPlain(String name) {
        return name.chars().allMatch(Printable::isPlain);
    }

    private static boolean isPlain(int character) {
        int type = Character.getType(character);
        return type != Character.CONTROL
                && type != Character.FORMAT
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR;
    }
}
