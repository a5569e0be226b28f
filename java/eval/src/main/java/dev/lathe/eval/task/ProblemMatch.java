package dev.lathe.eval.task;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the problem that a text works on, by the words and numbers that both have. A word counts
 * the more, the fewer problems have it.
 */
final class ProblemMatch {
    /** Models restate the problem first. */
    private static final int BEGINNING = 3000;

    private static final Pattern WORD = Pattern.compile("[a-z]{3,}|\\d+");

    private final List<Set<String>> problems = new ArrayList<>();
    private final Map<String, Integer> problemsWith = new HashMap<>();

    ProblemMatch(List<Question> questions) {
        for (Question question : questions) {
            Set<String> words = words(question.message());
            problems.add(words);
            words.forEach(word -> problemsWith.merge(word, 1, Integer::sum));
        }
    }

    /**
     * The problem that a text works on.
     *
     * @param presumed taken unless another one shares twice as much
     */
    int of(String text, int presumed) {
        int best = 0;
        double[] shares = new double[problems.size()];
        Set<String> said = beginning(text);
        for (int i = 0; i < shares.length; i++) {
            shares[i] = share(i, said);
            best = shares[i] > shares[best] ? i : best;
        }
        boolean known = presumed >= 0 && presumed < shares.length;
        return known && shares[presumed] >= shares[best] / 2 ? presumed : best;
    }

    /** The share of a problem's words, by weight, that a text has; 0 where there is no such. */
    double share(int problem, String text) {
        boolean known = problem >= 0 && problem < problems.size();
        return known ? share(problem, beginning(text)) : 0;
    }

    private double share(int problem, Set<String> said) {
        double shared = 0;
        double all = 0;
        for (String word : problems.get(problem)) {
            double weight = Math.log((problems.size() + 1.0) / problemsWith.get(word));
            all += weight;
            shared += said.contains(word) ? weight : 0;
        }
        return all == 0 ? 0 : shared / all;
    }

    private static Set<String> beginning(String text) {
        return words(text.substring(0, Math.min(text.length(), BEGINNING)));
    }

    private static Set<String> words(String text) {
        Set<String> words = new HashSet<>();
        Matcher matcher = WORD.matcher(text.toLowerCase(Locale.ROOT));
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }
}
