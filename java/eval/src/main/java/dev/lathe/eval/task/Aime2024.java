package dev.lathe.eval.task;

import dev.lathe.eval.extract.AnswerForm;
import dev.lathe.eval.extract.AnswerSearch;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.Markup;
import dev.lathe.eval.extract.ModelOutput;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The 30 problems of the American Invitational Mathematics Examination 2024: an integer each. */
public final class Aime2024 implements Task {
    private static final String NAME = "aime2024";

    private static final TaskSource SOURCE =
            new TaskSource(
                    "aime2024.jsonl",
                    URI.create(
                            "https://datasets-server.huggingface.co/rows?dataset=Maxwell-Jia%2FAIME_2024"
                                    + "&config=default&split=train&offset=0&length=100"),
                    null,
                    30,
                    "MAA competition problems");

    private static final Pattern FRACTION =
            Pattern.compile("\\\\[dt]?frac\\s*\\{?\\s*(-?\\d+)\\s*\\}?\\s*\\{?\\s*(\\d+)\\s*\\}?");
    private static final Pattern INTEGER = Pattern.compile("-?\\d+(?:\\.0+)?");
    private static final Pattern NUMBERS =
            Pattern.compile("(?<![\\w.^])-?\\d+(?:\\.\\d+)?(?![\\w^])");
    private static final Pattern FORMULA = Pattern.compile("[\\^/\\\\√π!]");
    private static final Pattern LAST_STEP = Pattern.compile("(?s)^.*(?:=|≡)\\s*");

    private static final AnswerSearch SEARCH =
            new AnswerSearch(
                    List.of(
                            AnswerForm.BOXED,
                            AnswerForm.LABEL,
                            AnswerForm.STATED,
                            AnswerForm.BOLD,
                            AnswerForm.CLOSING),
                    Aime2024::read);

    /** Creates the task. */
    public Aime2024() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "AIME 2024";
    }

    @Override
    public TaskSource source() {
        return SOURCE;
    }

    @Override
    public List<Question> questions(Path file) {
        return TaskRows.questions(file, Aime2024::question);
    }

    private static Question question(TaskRows rows, int i) {
        String answer = rows.text(i, "answer", "Answer");
        if (!answer.matches("0*\\d{1,3}")) {
            throw rows.wrong(i, "answer", "an integer from 0 to 999");
        }
        return new Question(
                NAME,
                i,
                rows.name(i, "id", "ID"),
                rows.text(i, "problem", "Problem"),
                "\n" + ModelOutput.OPEN + "\n",
                List.of(String.valueOf(Integer.parseInt(answer))),
                List.of());
    }

    /** The paper's edition has another order; an output says which problem it works on. */
    @Override
    public int paperRow(List<Question> questions, int index, String output) {
        return new ProblemMatch(questions).of(output, index);
    }

    @Override
    public Extraction extract(Question question, ModelOutput output) {
        return SEARCH.in(output);
    }

    /** A number as its shortest integer; another value as it stands; null where there is none. */
    private static String read(String words) {
        String plain = Markup.bare(words.replace("{,}", "").replaceAll("(?<=\\d),(?=\\d{3})", ""));
        String value = LAST_STEP.matcher(plain).replaceFirst("").strip();
        Matcher fraction = FRACTION.matcher(value);
        if (fraction.matches()) {
            return quotient(fraction.group(1), fraction.group(2));
        }
        value = value.replaceAll("\\^?\\s*\\\\(?:circ|degree)|°|\\\\%|%", "").strip();
        if (INTEGER.matcher(value).matches()) {
            return integer(value);
        }
        if (FORMULA.matcher(value).find()) {
            return value.matches("[^{}]*\\d[^{}]*|[^{}]*\\{[^{}]*\\d.*\\}[^{}]*")
                            && value.length() <= 40
                    ? value
                    : null;
        }
        Matcher numbers = NUMBERS.matcher(value);
        String found = null;
        while (numbers.find()) {
            if (found != null) {
                return null;
            }
            found = numbers.group();
        }
        return found == null || !INTEGER.matcher(found).matches() ? found : integer(found);
    }

    private static String quotient(String above, String below) {
        if (above.length() > 15 || below.length() > 15 || Long.parseLong(below) == 0) {
            return above + "/" + below;
        }
        long numerator = Long.parseLong(above);
        long denominator = Long.parseLong(below);
        return numerator % denominator == 0
                ? String.valueOf(numerator / denominator)
                : numerator + "/" + denominator;
    }

    private static String integer(String digits) {
        String whole = digits.replaceFirst("\\.0+$", "");
        String sign = whole.startsWith("-") ? "-" : "";
        String shortest = whole.substring(sign.length()).replaceFirst("^0+(?=\\d)", "");
        return shortest.equals("0") ? shortest : sign + shortest;
    }
}
