package dev.lathe.eval.extract;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the choice among lettered options: by letter, or by the option's text. Words that name
 * several options, or deny one, hold no choice.
 */
public final class OptionReader implements Function<String, String> {
    private static final Pattern LEADING =
            Pattern.compile(
                    "^\\W*(?:(?i:option|choice|answer)\\s+)?\\(?([A-Z])(?:\\)|(?=[.:,;\\s]|$))");

    private static final Pattern LETTERS =
            Pattern.compile("\\(([A-Z])\\)|\\b(?i:option|choice)\\s+\\(?([A-Z])\\b");

    private static final Pattern ANOTHER =
            Pattern.compile(
                    "^[^.,;]{0,60}?\\b(?:or|and)\\b\\s*(?i:option\\s+)?\\(([A-Z])\\).*|^\\s*/\\s*\\(?[A-Z]\\b.*");

    private static final Pattern DENIAL =
            Pattern.compile("(?i)\\b(?:not|none|neither|cannot|never|no)\\b|n't\\b");

    private final List<String> options;
    private final UnaryOperator<String> normal;

    /**
     * Creates a reader.
     *
     * @param options the options' texts; the first is (A)
     * @param normal brings ways of writing the same text into one
     */
    public OptionReader(List<String> options, UnaryOperator<String> normal) {
        this.options = List.copyOf(options);
        this.normal = normal;
    }

    @Override
    public String apply(String words) {
        String plain = Markup.strip(words);
        Matcher leading = LEADING.matcher(plain);
        if (leading.find() && known(leading.group(1)) && !sentenceStart(plain, leading)) {
            boolean another = ANOTHER.matcher(plain.substring(leading.end())).matches();
            return another ? null : choice(leading.group(1));
        }
        Set<String> letters = new TreeSet<>();
        Matcher matcher = LETTERS.matcher(plain);
        int first = plain.length();
        while (matcher.find()) {
            String letter = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
            if (known(letter)) {
                letters.add(letter);
                first = Math.min(first, matcher.start());
            }
        }
        if (!letters.isEmpty()) {
            boolean denied = DENIAL.matcher(plain.substring(0, first)).find();
            return letters.size() > 1 || denied ? null : choice(letters.iterator().next());
        }
        return byText(plain);
    }

    private String byText(String plain) {
        String text = normal.apply(plain);
        String found = null;
        for (int i = 0; i < options.size(); i++) {
            Matcher matcher = wholeWords(normal.apply(options.get(i))).matcher(text);
            if (matcher.find()) {
                if (found != null || DENIAL.matcher(text.substring(0, matcher.start())).find()) {
                    return null;
                }
                found = choice(String.valueOf((char) ('A' + i)));
            }
        }
        return found;
    }

    private static Pattern wholeWords(String text) {
        return Pattern.compile("(?<!\\w)" + Pattern.quote(text) + "(?!\\w)");
    }

    /** A capital A may be the article: {@code A short walk}. */
    private static boolean sentenceStart(String plain, Matcher leading) {
        boolean bracket = leading.group().endsWith(")");
        String rest = plain.substring(leading.end());
        return !bracket && leading.group(1).equals("A") && rest.matches("(?s)\\s+[a-z].*");
    }

    private boolean known(String letter) {
        return letter.charAt(0) - 'A' < options.size();
    }

    private static String choice(String letter) {
        return "(" + letter + ")";
    }
}
