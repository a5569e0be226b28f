package dev.lathe.eval.task;

import dev.lathe.eval.extract.AnswerForm;
import dev.lathe.eval.extract.AnswerSearch;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.eval.extract.OptionReader;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** BIG-Bench Hard, temporal sequences: when could somebody have gone somewhere? A letter. */
public final class TemporalSequences implements Task {
    private static final String NAME = "temporal-sequences";

    private static final TaskSource SOURCE =
            new TaskSource(
                    "bbh-temporal-sequences.json",
                    URI.create(
                            "https://raw.githubusercontent.com/suzgunmirac/BIG-Bench-Hard/"
                                    + "9ee07bd481feebf959a6b59d61ea57bdcf30964d"
                                    + "/bbh/temporal_sequences.json"),
                    "92a1189faaa84aacc4c405aaa13f13f48c2992eb884772eedb622505252baef5",
                    250,
                    "MIT");

    private static final String PROMPT =
            "Use the timeline provided and answer step by step. Finally give the index (the letter)"
                    + " of the actual correct answer.\n";

    private static final Pattern OPTION = Pattern.compile("(?m)^\\(([A-Z])\\) (.+)$");

    private static final Pattern SPAN =
            Pattern.compile(
                    "(\\d{1,2})(?::00)?\\s*([ap])?\\.?(?:m\\b\\.?)?\\s*(?:-|–|—|to|and|until|till)\\s*"
                            + "(\\d{1,2})(?::00)?\\s*([ap])\\.?m\\b\\.?");

    /** Creates the task. */
    public TemporalSequences() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "Temporal sequences";
    }

    @Override
    public TaskSource source() {
        return SOURCE;
    }

    @Override
    public List<Question> questions(Path file) {
        return TaskRows.questions(file, TemporalSequences::question);
    }

    private static Question question(TaskRows rows, int i) {
        String input = rows.text(i, "input");
        List<String> options = options(input);
        String target = rows.text(i, "target");
        int letter = target.matches("\\([A-Z]\\)") ? target.charAt(1) - 'A' : options.size();
        if (letter >= options.size()) {
            throw rows.wrong(i, "target", "the letter of one of the input's options");
        }
        return new Question(
                NAME,
                i,
                String.valueOf(i),
                PROMPT + input,
                "\n" + ModelOutput.OPEN + "\n",
                List.of(target),
                options);
    }

    private static List<String> options(String input) {
        List<String> options = new ArrayList<>();
        Matcher matcher = OPTION.matcher(input);
        while (matcher.find()) {
            options.add(matcher.group(2));
        }
        return options;
    }

    @Override
    public Extraction extract(Question question, ModelOutput output) {
        OptionReader reader = new OptionReader(question.options(), TemporalSequences::spans);
        return new AnswerSearch(
                        List.of(
                                AnswerForm.BOXED,
                                AnswerForm.LABEL,
                                AnswerForm.STATED,
                                AnswerForm.CLOSING,
                                AnswerForm.BOLD),
                        reader)
                .in(output);
    }

    /** Writes {@code between 6 p.m. and 9:00 PM} and {@code 6-9pm} as {@code 6pm to 9pm}. */
    private static String spans(String text) {
        Matcher matcher = SPAN.matcher(text.toLowerCase(Locale.ROOT));
        return matcher.replaceAll(
                span -> {
                    String first = span.group(2) == null ? span.group(4) : span.group(2);
                    return span.group(1) + first + "m to " + span.group(3) + span.group(4) + "m";
                });
    }
}
