package dev.lathe.eval.extract;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The forms in which models state answers, the most explicit first. */
public enum AnswerForm {
    /** {@code \boxed{…}}, with braces inside; an unclosed one is none. */
    BOXED("boxed", true) {
        @Override
        void find(String text, List<String> found) {
            for (int at = text.indexOf(BOX); at >= 0; at = text.indexOf(BOX, at + 1)) {
                int from = at + BOX.length();
                int end = closingBrace(text, from);
                if (end >= 0) {
                    found.add(text.substring(from, end));
                }
            }
        }
    },

    /** A line that starts with {@code Answer:} or the like; the answer may stand on the next. */
    LABEL("label", true) {
        @Override
        void find(String text, List<String> found) {
            Matcher matcher = LABELS.matcher(text);
            while (matcher.find()) {
                found.add(matcher.group("answer"));
            }
        }
    },

    /** {@code the answer is …}, unless the sentence doubts it. */
    STATED("answer is", false) {
        @Override
        void find(String text, List<String> found) {
            for (String sentence : Sentences.of(text)) {
                Matcher matcher = STATEMENTS.matcher(sentence);
                Matcher reversed = REVERSED.matcher(sentence);
                if (matcher.find()) {
                    addUnlessDoubted(found, sentence, matcher.end(), sentence.length());
                } else if (reversed.find()) {
                    addUnlessDoubted(found, sentence, 0, reversed.start());
                }
            }
        }
    },

    /** {@code the conclusion … is …}: what a sentence says of a claim, unless under a condition. */
    CLAIM("conclusion is", false) {
        @Override
        void find(String text, List<String> found) {
            for (String sentence : Sentences.of(text)) {
                Matcher matcher = CLAIMS.matcher(sentence);
                if (matcher.find() && !Sentences.conditional(sentence)) {
                    found.add(sentence.substring(matcher.start()));
                }
            }
        }
    },

    /** What is set in bold, unless it is a heading. */
    BOLD("bold", false) {
        @Override
        void find(String text, List<String> found) {
            Matcher matcher = BOLDS.matcher(text);
            while (matcher.find()) {
                String bold = matcher.group(1).strip();
                boolean heading = bold.endsWith(":") || text.startsWith(":", matcher.end());
                if (!heading) {
                    found.add(bold);
                }
            }
        }
    },

    /**
     * The last whole sentence, unless it doubts; or a short text that is nothing but the answer.
     */
    CLOSING("closing words", false) {
        @Override
        void find(String text, List<String> found) {
            String sentence = Sentences.last(text);
            addUnlessDoubted(found, sentence, 0, sentence.length());
        }
    },

    /** The same where doubt may be the answer. */
    VERDICT("last sentence", false) {
        @Override
        void find(String text, List<String> found) {
            found.add(Sentences.last(text));
        }
    };

    private static final int LONGEST = 1000;

    private static final String BOX = "\\boxed{";

    // No part of a pattern may match the same characters in two ways: outputs are untrusted and
    // long.
    private static final Pattern LABELS =
            Pattern.compile(
                    "(?im)^[ \\t>#*_\\-]*(?:(?:so|thus|therefore|hence),?[ \\t]+)?(?:the[ \\t]+)?"
                            + "(?:(?:final|correct)[ \\t]+){0,2}(?:answer|conclusion|option)"
                            + "[*_ \\t]*(?::[*_ \\t]*(?:\\n\\s*)?|\\n\\s*)(?<answer>\\S[^\\n]*)");

    private static final Pattern STATEMENTS =
            Pattern.compile(
                    "(?i)\\b(?:answer|option|choice)[*_]*[ \\t]+(?:\\S+[ \\t]+){0,12}?"
                            + "(?:is|was|must be|should be|would be)(?:[ \\t]+that)?\\b:?[ \\t]*"
                            + "|\\b(?:answer|option|choice)[ \\t]*:[ \\t]*");

    private static final Pattern REVERSED =
            Pattern.compile(
                    "(?i)\\s(?:is[ \\t]+correct\\b|(?:(?:is|as)[ \\t]+)?the[ \\t]+"
                            + "(?:correct|right)[ \\t]+(?:answer|option|choice))");

    private static final Pattern CLAIMS =
            Pattern.compile("(?i)\\b(?:conclusion|statement|claim|proposition|hypothesis)\\b");

    private static final Pattern BOLDS = Pattern.compile("\\*\\*(?=\\S)([^*\\n]{1,300})\\*\\*");

    private final String label;
    private final boolean explicit;

    AnswerForm(String label, boolean explicit) {
        this.label = label;
        this.explicit = explicit;
    }

    /**
     * The form's name in an {@link Extraction}.
     *
     * @return lower case
     */
    public String label() {
        return label;
    }

    /**
     * Whether it marks an answer even where a model goes on thinking.
     *
     * @return true for marks, false for what ordinary sentences may hold
     */
    public boolean explicit() {
        return explicit;
    }

    /**
     * All places of this form.
     *
     * @param text an answer
     * @return what the form holds, the last place first
     */
    public List<String> in(String text) {
        List<String> found = new ArrayList<>();
        find(text, found);
        Collections.reverse(found);
        found.replaceAll(words -> words.substring(0, Math.min(words.length(), LONGEST)));
        return found;
    }

    abstract void find(String text, List<String> found);

    /** What follows the answer may explain it in any words; what leads to it may not doubt it. */
    private static void addUnlessDoubted(List<String> found, String sentence, int from, int to) {
        String before = sentence.substring(0, from == 0 ? to : from);
        if (!Sentences.doubtful(before) && !sentence.endsWith("?")) {
            found.add(sentence.substring(from, to));
        }
    }

    private static int closingBrace(String text, int from) {
        int depth = 1;
        for (int i = from; i < text.length() && i - from < LONGEST; i++) {
            char c = text.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        return -1;
    }
}
