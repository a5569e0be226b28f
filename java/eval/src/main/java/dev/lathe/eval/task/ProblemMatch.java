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

    /** The problem that shares the greatest weight of its words. */
    int of(String text) {
        Set<String> said = words(text.substring(0, Math.min(text.length(), BEGINNING)));
        int best = 0;
        double bestShare = -1;
        for (int i = 0; i < problems.size(); i++) {
            double shared = 0;
            double all = 0;
            for (String word : problems.get(i)) {
                double weight = Math.log((problems.size() + 1.0) / problemsWith.get(word));
                all += weight;
                shared += said.contains(word) ? weight : 0;
            }
            if (shared > bestShare * all) {
                bestShare = shared / all;
                best = i;
            }
        }
        return best;
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
