package dev.lathe.eval.task;

import dev.lathe.eval.extract.AnswerForm;
import dev.lathe.eval.extract.AnswerSearch;
import dev.lathe.eval.extract.Extraction;
import dev.lathe.eval.extract.Markup;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.eval.extract.Sentences;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * MuSiQue without its paragraphs: questions over several facts, answered in free words; exact match
 * and F1 of the official evaluator.
 */
public final class Musique implements Task {
    private static final String NAME = "musique";

    private static final TaskSource SOURCE =
            new TaskSource(
                    "musique-100.json",
                    URI.create(
                            "https://raw.githubusercontent.com/psunlpgroup/Compression-Effects/"
                                    + "dd5ed49f182c2815db3202a3d95b3452ff6ef5bd"
                                    + "/random_100_musique.json"),
                    "7a56c58921f6fede491193491e4158ea2fc4156db1b9316225fb8c6afa80b85f",
                    100,
                    "CC BY 4.0");

    private static final String PROMPT =
            "%s Final answer of this question should be in as fewer number of words as possible.";

    private static final Pattern REFUSAL =
            Pattern.compile(
                    "(?i)\\b(?:unable to|i(?:'m| am) not (?:sure|able)|do(?:es)? not (?:know|specify)|don't know"
                            + "|cannot (?:be )?(?:\\w+ly )?(?:determined?|provided?|answer(?:ed)?|identif\\w+)"
                            + "|can't (?:be )?(?:determined?|provided?|answer(?:ed)?)|difficult to provide"
                            + "|(?:more|further|additional) (?:context|information|clarification)"
                            + "|(?:insufficient|not enough|no) (?:information|answer|data)"
                            + "|unclear or ambiguous|i apologi[sz]e|i'm sorry)\\b");

    private static final Pattern NOTHING =
            Pattern.compile(
                    "(?i)(?:the answer is )?(?:unknown|none|n/?a|not (?:known|available|applicable|specified)|unclear|undetermined)");

    private static final AnswerSearch SEARCH =
            new AnswerSearch(
                    List.of(AnswerForm.BOXED, AnswerForm.LABEL, AnswerForm.STATED, AnswerForm.BOLD),
                    Musique::read);

    /** Creates the task. */
    public Musique() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "MuSiQue";
    }

    @Override
    public TaskSource source() {
        return SOURCE;
    }

    @Override
    public List<Question> questions(Path file) {
        return TaskRows.questions(file, Musique::question);
    }

    private static Question question(TaskRows rows, int i) {
        List<String> expected = new ArrayList<>();
        expected.add(rows.text(i, "answer"));
        expected.addAll(rows.texts(i, "answer_aliases"));
        return new Question(
                NAME,
                i,
                rows.name(i, "id"),
                PROMPT.formatted(rows.text(i, "question")),
                "\n" + ModelOutput.OPEN + "\n",
                expected,
                List.of());
    }

    @Override
    public Extraction extract(Question question, ModelOutput output) {
        Extraction marked = SEARCH.in(output);
        boolean marks = !AnswerForm.LABEL.in(output.answer()).isEmpty();
        if (marked.found() || marks) {
            return marked;
        }
        String reply = output.answer().strip();
        String words = output.cut() ? insisted(reply) : stated(reply);
        String answer = words == null ? null : read(words);
        return answer == null ? Extraction.NONE : new Extraction(answer, "free words", words);
    }

    @Override
    public Score score(Question question, Extraction extraction) {
        if (!extraction.found()) {
            return new Score(Verdict.NO_ANSWER, 0.0);
        }
        boolean exact = AnswerOverlap.exact(extraction.answer(), question.expected());
        double f1 = AnswerOverlap.f1(extraction.answer(), question.expected());
        return new Score(exact ? Verdict.RIGHT : Verdict.WRONG, f1);
    }

    private static String read(String words) {
        String bare = Markup.bare(words);
        boolean nothing = bare.isEmpty() || NOTHING.matcher(bare).matches();
        return nothing || REFUSAL.matcher(bare).find() ? null : bare;
    }

    /** A paragraph says its answer first and explains it then; longer replies come to it last. */
    private static String stated(String reply) {
        List<String> sentences = Sentences.of(reply);
        if (sentences.isEmpty() || REFUSAL.matcher(reply).find()) {
            return null;
        }
        boolean paragraph = !reply.contains("\n");
        return sentences.get(paragraph ? 0 : sentences.size() - 1);
    }

    /** What a model repeated until it was cut off, if it was sure of it. */
    private static String insisted(String reply) {
        String sentence = Sentences.last(reply);
        long times = Sentences.of(reply).stream().filter(sentence::equals).count();
        return times >= 3 && !Sentences.doubtful(sentence) ? sentence : null;
    }
}
