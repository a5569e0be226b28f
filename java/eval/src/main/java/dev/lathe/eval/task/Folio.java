package dev.lathe.eval.task;

import dev.lathe.eval.extract.AnswerForm;
import dev.lathe.eval.extract.AnswerSearch;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.Markup;
import dev.lathe.eval.extract.ModelOutput;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * FOLIO: does a conclusion follow from premises? {@code True}, {@code False} or {@code Uncertain}.
 */
public final class Folio implements Task {
    private static final String NAME = "folio";

    private static final int ABSENT_FROM_PAPER = 47;

    private static final String TRUE = "True";
    private static final String FALSE = "False";
    private static final String UNCERTAIN = "Uncertain";

    private static final TaskSource SOURCE =
            new TaskSource(
                    "folio-validation.jsonl",
                    URI.create(
                            "https://raw.githubusercontent.com/Yale-LILY/FOLIO/"
                                    + "5d7bb84c7edab3fb358e057d2807f19cf5cf5e2d"
                                    + "/data/v0.0/folio-validation.jsonl"),
                    "6922c988ef10987bd6545568ee8e63e897af80994591fa20539767da58f8e3d1",
                    204,
                    "CC BY-SA 4.0");

    private static final String PROMPT =
            """
            Use logical deductions to determine whether the provided conclusion is true, false, or \
            uncertain based on premise. Consider all relevant information to reach a logical conclusion.

            *******
            Premise: %s
            *******

            *******
            Conclusion: %s
            *******""";

    private static final String LABELS =
            "(?<uncertain>uncertain|unknown|undetermined|undeterminable|indeterminate|inconclusive"
                    + "|unclear|ambiguous|not\\s+(?:necessarily|certain|definitively|definitely)(?:\\s+true)?"
                    + "|neither\\s+true\\s+nor\\s+false)"
                    + "|(?<false>false|incorrect|invalid|untrue|not\\s+(?:true|correct|valid))"
                    + "|(?<true>true|correct|valid)";

    /** Not the start of a list of the possible answers. */
    private static final String ALONE =
            "\\b(?!\\s*(?:,|or|/)\\s*(?:or\\s+)?(?:true|false|uncertain))";

    private static final Pattern QUOTED = Pattern.compile("[\"“][^\"“”]{12,}[\"”]");

    private static final Pattern LEADING =
            Pattern.compile("^\\W*(?:\\(?[a-c][).:]\\s*)?(?:" + LABELS + ")" + ALONE);

    private static final Pattern SAID =
            Pattern.compile(
                    "(?:\\b(?:is|are|be|as|remains?|considered|deemed|stays?|conclusion|statement)|:)\\s+"
                            + "(?:(?:\\w+ly|indeed|thus|therefore|also|still|both|always)\\s+)*(?:"
                            + LABELS
                            + ")"
                            + ALONE);

    private static final Pattern OPEN =
            Pattern.compile(
                    "\\b(?:cannot|can't|can not|could not|not possible to|impossible to|unable to)\\s+"
                            + "(?:be\\s+)?(?:\\w+ly\\s+)?(?:determine|conclude|verif|confirm|decide|say|know)"
                            + "|\\b(?:not|n't|in)[\\s-]*(?:have\\s+)?(?:enough|sufficient)\\s+(?:\\w+\\s+)?"
                            + "(?:information|evidence|data)"
                            + "|\\bnot\\s+(?:necessarily|logically)\\s+follow");

    /** Creates the task. */
    public Folio() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "FOLIO";
    }

    @Override
    public TaskSource source() {
        return SOURCE;
    }

    @Override
    public List<Question> questions(Path file) {
        return TaskRows.questions(file, Folio::question);
    }

    private static Question question(TaskRows rows, int i) {
        String label = rows.text(i, "label");
        if (!List.of(TRUE, FALSE, UNCERTAIN).contains(label)) {
            throw rows.wrong(i, "label", "True, False or Uncertain");
        }
        String conclusion = rows.text(i, "conclusion");
        String premises = String.join("\n", rows.texts(i, "premises"));
        return new Question(
                NAME,
                i,
                rows.name(i, "example_id"),
                PROMPT.formatted(premises, conclusion),
                ModelOutput.OPEN + "\n",
                List.of(label),
                List.of(conclusion));
    }

    /** The edition of the paper lacks one row. */
    @Override
    public int paperRow(List<Question> questions, int index, String output) {
        return index < ABSENT_FROM_PAPER ? index : index + 1;
    }

    @Override
    public Extraction extract(Question question, ModelOutput output) {
        String conclusion = question.options().isEmpty() ? "" : question.options().get(0);
        return new AnswerSearch(
                        List.of(
                                AnswerForm.BOXED,
                                AnswerForm.LABEL,
                                AnswerForm.STATED,
                                AnswerForm.CLAIM,
                                AnswerForm.BOLD,
                                AnswerForm.VERDICT),
                        words -> read(words, conclusion))
                .in(output);
    }

    private static String read(String words, String conclusion) {
        String plain = Markup.strip(words).toLowerCase(Locale.ROOT);
        Matcher leading = LEADING.matcher(plain);
        if (leading.find()) {
            return label(leading);
        }
        String claim = conclusion.toLowerCase(Locale.ROOT).replaceFirst("\\W+$", "");
        String around =
                QUOTED.matcher(claim.isEmpty() ? plain : plain.replace(claim, "…")).replaceAll("…");
        Matcher said = SAID.matcher(around);
        if (said.find()) {
            return label(said);
        }
        if (OPEN.matcher(around).find()) {
            return UNCERTAIN;
        }
        return restated(plain, conclusion);
    }

    private static String label(Matcher matcher) {
        if (matcher.group("uncertain") != null) {
            return UNCERTAIN;
        }
        return matcher.group("false") != null ? FALSE : TRUE;
    }

    /** Some answers say the conclusion itself, or deny it by one word. */
    private static String restated(String plain, String conclusion) {
        String said = letters(plain);
        String claim = letters(conclusion.toLowerCase(Locale.ROOT));
        if (claim.isEmpty()) {
            return null;
        }
        if (said.equals(claim)) {
            return TRUE;
        }
        String positive = claim.replace(" not ", " ");
        return said.replace(" not ", " ").equals(positive) ? FALSE : null;
    }

    private static String letters(String text) {
        return " " + text.replaceAll("[^a-z0-9]+", " ").strip() + " ";
    }
}
