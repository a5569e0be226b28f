package dev.lathe.eval.extract;

import java.util.List;
import java.util.function.Function;

/**
 * Looks for the answer: form after form, the most explicit first, and in each the last place whose
 * words the task can read. After {@code </think>} everything counts. In thinking that never ended
 * only explicit marks do, since its sentences weigh one answer after the other.
 */
public final class AnswerSearch {
    private static final int QUOTE = 160;

    private final List<AnswerForm> forms;
    private final Function<String, String> reader;

    /**
     * Creates a search.
     *
     * @param forms the forms to look for, in this order
     * @param reader turns words into an answer in the task's own form, or null where they hold none
     */
    public AnswerSearch(List<AnswerForm> forms, Function<String, String> reader) {
        this.forms = List.copyOf(forms);
        this.reader = reader;
    }

    /**
     * Finds the answer of an output.
     *
     * @param output what the model said
     * @return the answer, or {@link Extraction#NONE}
     */
    public Extraction in(ModelOutput output) {
        for (AnswerForm form : forms) {
            if (!output.cut() || form.explicit()) {
                Extraction found = read(form, output.answer(), "");
                if (found.found()) {
                    return found;
                }
            }
        }
        return output.answer().isBlank() ? inThinking(output) : Extraction.NONE;
    }

    /** A model that ended its thinking with a box may see no need to say it again. */
    private Extraction inThinking(ModelOutput output) {
        return read(AnswerForm.BOXED, output.thinking(), " in thinking");
    }

    private Extraction read(AnswerForm form, String text, String where) {
        for (String words : form.in(text)) {
            String answer = reader.apply(words);
            if (answer != null) {
                return new Extraction(answer, form.label() + where, quote(words));
            }
        }
        return Extraction.NONE;
    }

    private static String quote(String words) {
        String line = words.strip();
        return line.length() <= QUOTE ? line : line.substring(0, QUOTE) + "…";
    }
}
