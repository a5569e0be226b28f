package dev.lathe.eval.task;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Exact match and F1 between free answers, by the rules of MuSiQue's official evaluator (those of
 * SQuAD): lower case, without ASCII punctuation, without the articles a, an and the, words split at
 * white space; the best over all expected answers.
 */
final class AnswerOverlap {
    private static final Pattern PUNCTUATION = Pattern.compile("[!-/:-@\\[-`{-~]");
    private static final Pattern ARTICLES =
            Pattern.compile("\\b(?:a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);

    /** White space as Python's {@code str.split} knows it. */
    private static final Pattern SPACES =
            Pattern.compile(
                    "[\\s\\u001c-\\u001f\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+");

    private AnswerOverlap() {}

    /** Whether the answer equals one of the expected ones. */
    static boolean exact(String answer, List<String> expected) {
        String normal = normal(answer);
        return expected.stream().anyMatch(each -> normal(each).equals(normal));
    }

    /** The best harmonic mean of precision and recall over words. */
    static double f1(String answer, List<String> expected) {
        List<String> words = words(answer);
        return expected.stream().mapToDouble(each -> f1(words(each), words)).max().orElse(0);
    }

    private static double f1(List<String> expected, List<String> answer) {
        if (expected.isEmpty() || answer.isEmpty()) {
            return expected.equals(answer) ? 1 : 0;
        }
        Map<String, Integer> left = new HashMap<>();
        expected.forEach(word -> left.merge(word, 1, Integer::sum));
        int common = 0;
        for (String word : answer) {
            if (left.merge(word, -1, Integer::sum) >= 0) {
                common++;
            }
        }
        if (common == 0) {
            return 0;
        }
        double precision = (double) common / answer.size();
        double recall = (double) common / expected.size();
        return 2 * precision * recall / (precision + recall);
    }

    private static String normal(String text) {
        return String.join(" ", words(text));
    }

    private static List<String> words(String text) {
        String plain = PUNCTUATION.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
        String spaced = ARTICLES.matcher(plain).replaceAll(" ");
        return SPACES.splitAsStream(spaced).filter(word -> !word.isEmpty()).toList();
    }
}
