package dev.lathe.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Accepts a regular expression of a {@code tokenizer.json} only where it is plain to see that
 * matching takes time in proportion to the text. The native library matches by backtracking, knows
 * no time limit, and stops the whole process where Oniguruma gives up.
 *
 * <p>An expression is taken apart at its outermost {@code |}. An alternative that a published
 * tokenizer has ({@link PreTokenizer}) is accepted as it is. Any other may repeat a character
 * without bound only at its very end, where nothing is left that could fail; it may have groups,
 * but none that repeats; it may have no references; and all its bounded choices multiply to no more
 * than {@value #GREATEST_CHOICES}. What is not understood here is refused.
 */
final class ExpressionCheck {
    private static final int GREATEST_LENGTH = 1 << 14;
    private static final long GREATEST_CHOICES = 1024;
    private static final int GREATEST_COUNT_DIGITS = 3;
    private static final Pattern BRACES = Pattern.compile("\\{(\\d*)(,?)(\\d*)\\}");

    /** Beginnings of groups, the longer ones first. */
    private static final List<String> GROUPS =
            List.of("(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>");

    private static final String ESCAPED_LETTERS = "sSdDwWhHrntfvbBAzZ";

    private final String text;
    private int at;
    private int depth;

    private ExpressionCheck(String text) {
        this.text = text;
    }

    /**
     * Checks an expression.
     *
     * @param expression in the syntax of Oniguruma
     * @return what speaks against it, or empty where nothing does
     */
    static Optional<String> objection(String expression) {
        if (expression.length() > GREATEST_LENGTH) {
            return Optional.of(
                    expression.length() + " characters, expected at most " + GREATEST_LENGTH);
        }
        for (String alternative : alternatives(expression)) {
            if (!PreTokenizer.hasAlternative(alternative)) {
                try {
                    new ExpressionCheck(alternative).whole();
                } catch (Refusal e) {
                    return Optional.of(e.getMessage() + " in '" + alternative + "'");
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Cuts an expression at its outermost {@code |}. Where this misreads one, one of the pieces has
     * in it what was misread, and is refused for it.
     */
    static List<String> alternatives(String expression) {
        List<String> pieces = new ArrayList<>();
        int begin = 0;
        int groups = 0;
        boolean inClass = false;
        for (int i = 0; i < expression.length(); i++) {
            char c = expression.charAt(i);
            if (c == '\\') {
                i++;
            } else if (inClass || c == '[') {
                inClass = c != ']';
            } else if (c == '(') {
                groups++;
            } else if (c == ')') {
                groups--;
            } else if (c == '|' && groups == 0) {
                pieces.add(expression.substring(begin, i));
                begin = i + 1;
            }
        }
        pieces.add(expression.substring(begin));
        return pieces;
    }

    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;

        Refusal(String message) {
            super(message);
        }
    }

    private void whole() throws Refusal {
        sequence();
        if (at < text.length()) {
            throw new Refusal("a ')' too many");
        }
    }

    /** Reads to the end of an alternative; in how many ways its bounded parts can match. */
    private long sequence() throws Refusal {
        long choices = 1;
        while (at < text.length() && text.charAt(at) != ')' && text.charAt(at) != '|') {
            boolean group = text.charAt(at) == '(';
            long within = item();
            choices = bounded(choices * quantified(within, group));
        }
        return choices;
    }

    private long item() throws Refusal {
        switch (text.charAt(at)) {
            case '(':
                return group();
            case '[':
                characterClass();
                return 1;
            case '\\':
                escape();
                return 1;
            case '*', '+', '?':
                throw new Refusal("a quantifier without anything to repeat");
            default:
                at++;
                return 1;
        }
    }

    private long group() throws Refusal {
        String start =
                GROUPS.stream().filter(known -> text.startsWith(known, at)).findFirst().orElse("(");
        if (start.equals("(") && text.startsWith("(?", at)) {
            throw new Refusal("a kind of group that is not supported");
        }
        at += start.length();
        depth++;
        long choices = sequence();
        while (at < text.length() && text.charAt(at) == '|') {
            at++;
            choices = bounded(choices + sequence());
        }
        if (at == text.length()) {
            throw new Refusal("a '(' too many");
        }
        at++;
        depth--;
        return choices;
    }

    /** Sets within sets and operators between them are not understood. */
    private void characterClass() throws Refusal {
        at++;
        if (text.startsWith("^", at)) {
            at++;
        }
        int first = at;
        while (at < text.length() && text.charAt(at) != ']') {
            if (text.charAt(at) == '[' || text.startsWith("&&", at)) {
                throw new Refusal("a set within a set of characters");
            } else if (text.charAt(at) == '\\') {
                escape();
            } else {
                at++;
            }
        }
        if (at == first || at == text.length()) {
            throw new Refusal("an empty or open set of characters");
        }
        at++;
    }

    private void escape() throws Refusal {
        at++;
        if (at == text.length()) {
            throw new Refusal("a '\\' at the end");
        }
        char c = text.charAt(at++);
        boolean hasBody = c == 'p' || c == 'P' || c == 'x' && text.startsWith("{", at);
        if (hasBody) {
            int end = text.indexOf('}', at);
            if (!text.startsWith("{", at) || end < 0) {
                throw new Refusal("an open '\\" + c + "'");
            }
            at = end + 1;
        } else if (c == 'x' || c == 'u') {
            at = Math.min(text.length(), at + (c == 'x' ? 2 : 4));
        } else if (c < 128 && Character.isLetterOrDigit(c) && ESCAPED_LETTERS.indexOf(c) < 0) {
            throw new Refusal("'\\" + c + "', which is not supported");
        }
    }

    /** Reads the quantifier of an item, if there is one; in how many ways both can match. */
    private long quantified(long choices, boolean group) throws Refusal {
        if (at == text.length()) {
            return choices;
        }
        char c = text.charAt(at);
        Matcher braces = BRACES.matcher(text).region(at, text.length());
        long most = 1;
        long least = 0;
        if (c == '*' || c == '+') {
            most = Long.MAX_VALUE;
            at++;
        } else if (c == '?') {
            at++;
        } else if (c == '{' && braces.lookingAt() && !braces.group().matches("\\{,?\\}")) {
            at = braces.end();
            least = count(braces.group(1), 0);
            most = braces.group(2).isEmpty() ? least : count(braces.group(3), Long.MAX_VALUE);
        } else {
            return choices;
        }
        if (c != '{' && at < text.length() && "?+".indexOf(text.charAt(at)) >= 0) {
            at++; // lazy or possessive
        }
        if (at < text.length() && "*+?{".indexOf(text.charAt(at)) >= 0) {
            throw new Refusal("a quantifier of a quantifier");
        }
        if (group && most > 1) {
            throw new Refusal("a group that repeats");
        }
        if (most == Long.MAX_VALUE) {
            if (depth > 0 || at < text.length()) {
                throw new Refusal("a repetition without bound before the end");
            }
            return choices;
        }
        return bounded(group ? choices + 1 : Math.abs(most - least) + 1);
    }

    private static long count(String digits, long whereNone) throws Refusal {
        if (digits.length() > GREATEST_COUNT_DIGITS) {
            throw new Refusal("a repetition of " + digits);
        }
        return digits.isEmpty() ? whereNone : Long.parseLong(digits);
    }

    private static long bounded(long choices) throws Refusal {
        if (choices > GREATEST_CHOICES) {
            throw new Refusal("more than " + GREATEST_CHOICES + " ways to match");
        }
        return choices;
    }
}
