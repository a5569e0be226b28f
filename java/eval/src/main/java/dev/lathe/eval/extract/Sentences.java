package dev.lathe.eval.extract;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sentences of a model's text: they end at a full stop before a space, or with the line. What goes
 * on without an end is taken in pieces, so that patterns have little to search in hostile outputs.
 */
public final class Sentences {
    private static final int LONGEST = 1000;

    private static final Pattern ENDS =
            Pattern.compile(
                    // A point after an initial or a title ends nothing.
                    "(?<=[.!?][*_\"”)]{0,3})(?<!(?:[\\s.(][A-Z]|\\b(?:Mr|Mrs|Ms|Dr|St|Jr|Sr|No|vs))\\.)"
                            + "(?<!^[A-Z]\\.)\\s+(?=[^a-z])|\\n+");

    private static final Pattern DOUBTS =
            Pattern.compile(
                    "(?i)\\b(?:perhaps|maybe|might|alternatively|possibly|wait|unless|suppose"
                            + "|assuming|whether|i think|not sure|not among|none of the"
                            + "|not an option|could be)\\b");

    private static final Pattern CONDITIONS = Pattern.compile("(?i)^\\W*(?:but |and |so )?if\\b");

    private static final Pattern WHOLE = Pattern.compile("(?s).*[.!?][*_\"”’)\\]$]*\\s*");

    private Sentences() {}

    /**
     * Splits a text.
     *
     * @param text any text
     * @return its sentences, without blank ones
     */
    public static List<String> of(String text) {
        List<String> sentences = new ArrayList<>();
        Matcher matcher = ENDS.matcher(text);
        int from = 0;
        while (matcher.find()) {
            add(sentences, text.substring(from, matcher.start()));
            from = matcher.end();
        }
        add(sentences, text.substring(from));
        return sentences;
    }

    /**
     * The last sentence that has an end.
     *
     * @param text any text
     * @return the sentence; the text itself where it is a single one; otherwise empty
     */
    public static String last(String text) {
        List<String> sentences = of(text);
        for (int i = sentences.size() - 1; i >= 0; i--) {
            if (whole(sentences.get(i)) || sentences.size() == 1) {
                return sentences.get(i);
            }
        }
        return "";
    }

    /**
     * Whether words weigh an answer instead of giving it.
     *
     * @param words a sentence or its beginning
     * @return true where they hold doubt or a condition
     */
    public static boolean doubtful(String words) {
        return DOUBTS.matcher(words).find() || conditional(words);
    }

    /**
     * Whether a sentence starts with a condition.
     *
     * @param sentence a sentence
     * @return true where it starts with if
     */
    static boolean conditional(String sentence) {
        return CONDITIONS.matcher(sentence).find();
    }

    /** Headings and what was cut off have no end. */
    private static boolean whole(String sentence) {
        return WHOLE.matcher(sentence).matches();
    }

    private static void add(List<String> sentences, String part) {
        String rest = part.strip();
        while (!rest.isEmpty()) {
            int end = Math.min(rest.length(), LONGEST);
            sentences.add(rest.substring(0, end));
            rest = rest.substring(end).strip();
        }
    }
}
