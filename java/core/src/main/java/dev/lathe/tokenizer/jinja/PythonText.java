package dev.lathe.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/**
 * Text as Python sees it: a sequence of code points, with Python's idea of white space, line ends
 * and numbers.
 */
final class PythonText {
    private PythonText() {}

    /**
     * {@code str.isspace} of one character; all of Unicode's white space lies in the basic plane.
     */
    static boolean isSpace(int c) {
        return c >= 0x09 && c <= 0x0D
                || c >= 0x1C && c <= 0x20
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200A
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }

    static boolean endsLine(int c) {
        return c >= 0x0A && c <= 0x0D
                || c >= 0x1C && c <= 0x1E
                || c == 0x85
                || c == 0x2028
                || c == 0x2029;
    }

    static String stripLeft(String text, IntPredicate stripped) {
        int start = 0;
        while (start < text.length() && stripped.test(text.codePointAt(start))) {
            start += Character.charCount(text.codePointAt(start));
        }
        return text.substring(start);
    }

    static String stripRight(String text, IntPredicate stripped) {
        int end = text.length();
        while (end > 0 && stripped.test(text.codePointBefore(end))) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(0, end);
    }

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** The code points from one index to another. */
    static String substring(String text, int start, int end) {
        int from = text.offsetByCodePoints(0, start);
        return text.substring(from, text.offsetByCodePoints(from, end - start));
    }

    /** {@code str.splitlines}. */
    static List<String> lines(String text) {
        List<String> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (endsLine(c)) {
                lines.add(text.substring(start, i));
                if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
                    i++;
                }
                start = i + 1;
            }
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }

    /** {@code str.capitalize}. */
    static String capitalized(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        return new StringBuilder()
                .appendCodePoint(Character.toTitleCase(text.codePointAt(0)))
                .append(text.substring(first).toLowerCase(Locale.ROOT))
                .toString();
    }

    /** Raises the first letter of every run of letters, as {@code str.title} does. */
    static String titled(String text) {
        StringBuilder title = new StringBuilder(text.length());
        boolean inWord = false;
        for (int c : text.codePoints().toArray()) {
            title.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
            inWord = Character.isLetter(c);
        }
        return title.toString();
    }

    /** {@code repr} of a string. */
    static String quoted(String text) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        StringBuilder quoted = new StringBuilder(text.length() + 2).append(quote);
        for (int c : text.codePoints().toArray()) {
            switch (c) {
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '\\' -> quoted.append("\\\\");
                default -> {
                    if (c == quote) {
                        quoted.append('\\').appendCodePoint(c);
                    } else if (isPrintable(c)) {
                        quoted.appendCodePoint(c);
                    } else {
                        char kind = c < 0x100 ? 'x' : c < 0x10000 ? 'u' : 'U';
                        int digits = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
                        appendHexadecimal(quoted.append('\\').append(kind), c, digits);
                    }
                }
            }
        }
        return quoted.append(quote).toString();
    }

    static void appendHexadecimal(StringBuilder target, int number, int digits) {
        for (int i = digits - 1; i >= 0; i--) {
            target.append(Character.forDigit(number >> 4 * i & 0xF, 16));
        }
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR ->
                    false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** {@code repr} of a float: the fewest digits that give the number back. */
    static String of(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number < 0 ? "-0.0" : "0.0";
        }
        String scientific = "";
        for (int digits = 0; digits <= 16; digits++) {
            scientific = String.format(Locale.ROOT, "%." + digits + "e", number);
            if (Double.parseDouble(scientific) == number) {
                break;
            }
        }
        int e = scientific.indexOf('e');
        int exponent = Integer.parseInt(scientific.substring(e + 1));
        String sign = number < 0 ? "-" : "";
        String digits = scientific.substring(sign.length(), e).replace(".", "");
        digits = stripRight(digits, c -> c == '0');
        return sign + positional(digits, exponent);
    }

    /** Python writes exponents below -4 and from 16 on. */
    private static String positional(String digits, int exponent) {
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return String.format(Locale.ROOT, "%s%se%+03d", digits.charAt(0), fraction, exponent);
        }
        if (exponent < 0) {
            return "0." + "0".repeat(-exponent - 1) + digits;
        }
        if (digits.length() <= exponent + 1) {
            return digits + "0".repeat(exponent + 1 - digits.length()) + ".0";
        }
        return digits.substring(0, exponent + 1) + "." + digits.substring(exponent + 1);
    }
}
