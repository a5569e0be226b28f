package dev.lathe.eval.extract;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes Markdown and LaTeX dress off an answer. */
public final class Markup {
    private static final Pattern WRAPPERS =
            Pattern.compile(
                    "\\\\(?:text|textbf|textit|mathrm|mathbf|mathsf|operatorname|boxed)\\s*\\{([^{}]*)\\}");

    private static final Pattern MARKS =
            Pattern.compile("\\\\[()\\[\\]]|\\\\[,;:! ]|\\$|\\*\\*|__|`|\\\\(?:left|right)\\b");

    private static final Pattern EDGES =
            Pattern.compile("^(?:[\\s\"“”'‘’*_#>]|-(?=\\s))+|[\\s\"“”'‘’*_.,;:]+$");

    private Markup() {}

    /**
     * The words alone.
     *
     * @param words an answer as a model wrote it
     * @return the same without marks for bold, formulas and text in formulas
     */
    public static String strip(String words) {
        String plain = words;
        String before;
        do {
            before = plain;
            plain = WRAPPERS.matcher(plain).replaceAll(match -> quoteFree(match.group(1)));
        } while (!plain.equals(before));
        return MARKS.matcher(plain).replaceAll("").strip();
    }

    /**
     * The words alone, without quotes, marks of lists and a full stop around them.
     *
     * @param words an answer as a model wrote it
     * @return the bare answer
     */
    public static String bare(String words) {
        return EDGES.matcher(strip(words)).replaceAll("");
    }

    private static String quoteFree(String group) {
        return Matcher.quoteReplacement(group);
    }
}
