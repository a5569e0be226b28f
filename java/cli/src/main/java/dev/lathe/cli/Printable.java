package dev.lathe.cli;

import java.util.regex.Pattern;

/** Text of files, models and servers as it may stand on a terminal. */
final class Printable {
    /** Escape sequences begin with such characters; others hide text or turn its direction. */
    private static final Pattern UNSEEN = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private Printable() {}

    /** The text with one sign for each character that is none. */
    static String of(String text) {
        return UNSEEN.matcher(text).replaceAll("\ufffd");
    }
}
