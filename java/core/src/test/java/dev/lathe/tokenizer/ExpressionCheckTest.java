package dev.lathe.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionCheckTest {
    @ParameterizedTest
    @EnumSource(PreTokenizer.class)
    void publishedExpressionsAreAccepted(PreTokenizer entry) {
        for (String expression : entry.toJson().findValuesAsText("Regex")) {
            assertEquals(Optional.empty(), ExpressionCheck.objection(expression));
            String unescaped = expression.replace("\\r", "\r").replace("\\n", "\n");
            assertEquals(Optional.empty(), ExpressionCheck.objection(unescaped));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "|",
                " ",
                " {2,}",
                "\\s+",
                "a|b+|[^\\]\\[|(]*",
                "\\p{N}{1,2}",
                "\\x{1F600}|\\u00e9?",
                "(?i:'s|'t)|(?<!\\d)\\d{1,3}(?=,)?| ?\\P{L}++|.*?",
                // Parts of published ones, put together anew.
                "'(?:s|t)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                        + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "{|a{,}|a{}"
            })
    void plainExpressionsAreAccepted(String expression) {
        assertEquals(Optional.empty(), ExpressionCheck.objection(expression));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "(a+)+$ end",
                "(a|aa)* repeats",
                "(?:ab)+ repeats",
                "(?:a){2} repeats",
                "x|(?=a+)b end",
                "a+b end",
                "a*a* end",
                "a{2,}b end",
                "[^b]+b|c end",
                "a** quantifier",
                "a+*b quantifier",
                "a{2}{3} quantifier",
                "|*a quantifier",
                "(a)\\1 '\\1'",
                "\\k<x> '\\k'",
                "\\g<0> '\\g'",
                "\\X '\\X'",
                "(?<x>a) group",
                "(?~a) group",
                "(?i)a group",
                "(?#)a+b) group",
                "(a '('",
                "a) ')'",
                "[a '[a'",
                "[]a] set",
                "[a[b]] set",
                "[a&&b] set",
                "a\\ '\\'",
                "\\p{L '\\p'",
                "a{1000} 1000",
                "a{10000000000,}b 10000000000",
                "a?a?a?a?a?a?a?a?a?a?a? ways",
                "(a|b)?(a|b)?(a|b)?(a|b)?(a|b)?(a|b)?(a|b)? ways"
            })
    void othersAreRefused(String expression, String word) {
        String objection = ExpressionCheck.objection(expression).orElse("accepted");
        assertTrue(objection.contains(word), expression + ": " + objection);
    }

    @Test
    void longExpressionsAreRefused() {
        assertEquals(Optional.empty(), ExpressionCheck.objection("a".repeat(1 << 14)));
        assertTrue(ExpressionCheck.objection("a".repeat((1 << 14) + 1)).isPresent());
    }

    /**
     * Java's expressions match by backtracking too; the characters that they look at are counted.
     * On a text four times as long an accepted expression looks at four times as many, where one
     * nested or adjacent repetition already makes that sixteen.
     */
    @Test
    void acceptedExpressionsLookAtCharactersInProportionToTheText() {
        SplittableRandom random = new SplittableRandom(7);
        int accepted = 0;
        int refusedAndSlow = 0;
        for (int i = 0; i < 4_000; i++) {
            String expression = alternative(random, 2) + "|" + alternative(random, 2);
            boolean refused = ExpressionCheck.objection(expression).isPresent();
            if (refused && i >= 500) {
                continue;
            }
            Optional<Pattern> pattern = compiled(expression);
            if (pattern.isPresent()) {
                boolean slow = isSlow(pattern.get());
                assertTrue(refused || !slow, expression);
                accepted += refused ? 0 : 1;
                refusedAndSlow += refused && slow ? 1 : 0;
            }
        }
        assertTrue(accepted > 200, accepted + " accepted");
        assertTrue(refusedAndSlow > 20, refusedAndSlow + " refused and slow");
    }

    private static String alternative(SplittableRandom random, int depth) {
        StringBuilder text = new StringBuilder();
        String[] atoms = {"a", "b", "c", "[ab]", "[^a]", "."};
        String[] groups = {"(", "(?:", "(?=", "(?!", "(?>"};
        String[] quantifiers = {"", "", "", "?", "*", "+", "{1,3}", "{2}", "{2,}", "+?", "*+"};
        for (int items = 1 + random.nextInt(3); items > 0; items--) {
            if (depth > 0 && random.nextInt(4) == 0) {
                text.append(groups[random.nextInt(groups.length)])
                        .append(alternative(random, depth - 1))
                        .append(random.nextBoolean() ? "|" + alternative(random, depth - 1) : "")
                        .append(')');
            } else {
                text.append(atoms[random.nextInt(atoms.length)]);
            }
            text.append(quantifiers[random.nextInt(quantifiers.length)]);
        }
        return text.toString();
    }

    private static Optional<Pattern> compiled(String expression) {
        try {
            return Optional.of(Pattern.compile(expression));
        } catch (PatternSyntaxException e) {
            return Optional.empty();
        }
    }

    private static boolean isSlow(Pattern pattern) {
        List<String> units = new ArrayList<>(List.of("a", "b", "ab"));
        return units.stream()
                .anyMatch(
                        unit -> {
                            long small = looks(pattern, unit.repeat(100) + "c", 1_000_000);
                            return looks(pattern, unit.repeat(400) + "c", 6 * small + 1000)
                                    > 6 * small;
                        });
    }

    /** Characters that are looked at to find all matches in a text; counting ends at a limit. */
    private static long looks(Pattern pattern, String text, long limit) {
        Counted counted = new Counted(text, limit);
        try {
            Matcher matcher = pattern.matcher(counted);
            while (matcher.find()) {
                assertTrue(matcher.end() <= text.length());
            }
        } catch (TooMany e) {
            return limit;
        } catch (StackOverflowError e) {
            return limit;
        }
        return counted.looks;
    }

    private static final class TooMany extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static final class Counted implements CharSequence {
        private final String text;
        private final long limit;
        private long looks;

        Counted(String text, long limit) {
            this.text = text;
            this.limit = limit;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++looks >= limit) {
                throw new TooMany();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.subSequence(start, end);
        }
    }
}
