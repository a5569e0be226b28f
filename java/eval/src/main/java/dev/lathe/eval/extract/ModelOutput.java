package dev.lathe.eval.extract;

/**
 * A model's output, split at the end of its thinking.
 *
 * <p>Outputs are kept in one form, whatever an engine calls the parts: the thinking, {@code
 * </think>}, the answer. An opening {@code <think>} may stand at the start; where the prompt holds
 * it already, the output does not. Where no {@code </think>} occurs, the text is thinking if it was
 * cut off, and an answer if the model never thought; what cannot be told apart counts as answer.
 *
 * @param thinking the text before the last {@code </think>}, without tags; empty where there is
 *     none
 * @param answer the text after it, or the whole text
 * @param closed whether {@code </think>} occurs
 * @param cut whether a text without {@code </think>} was broken off, so that what it says last is
 *     not what it concludes
 */
public record ModelOutput(String thinking, String answer, boolean closed, boolean cut) {
    /** Starts the thinking. */
    public static final String OPEN = "<think>";

    /** Ends the thinking. */
    public static final String CLOSE = "</think>";

    /** Shorter texts are answers, however they end. */
    private static final int SHORT = 400;

    private static final String ENDINGS = ".!?)]}*`\"'$”’>_|。";

    /**
     * Splits an output of which nothing else is known; whether it was cut is guessed from its end.
     *
     * @param output the text in the one form
     * @return its parts
     */
    public static ModelOutput parse(String output) {
        String text = output.stripTrailing();
        boolean ended = text.isEmpty() || ENDINGS.indexOf(text.charAt(text.length() - 1)) >= 0;
        return parse(output, text.length() > SHORT && !ended);
    }

    /**
     * Splits an output.
     *
     * @param output the text in the one form
     * @param truncated whether a cap on tokens ended it
     * @return its parts
     */
    public static ModelOutput parse(String output, boolean truncated) {
        int close = output.lastIndexOf(CLOSE);
        if (close >= 0) {
            String thinking = withoutOpening(output.substring(0, close));
            String answer = output.substring(close + CLOSE.length());
            return new ModelOutput(thinking, answer, true, false);
        }
        if (output.stripLeading().startsWith(OPEN)) {
            return new ModelOutput(withoutOpening(output), "", false, truncated);
        }
        return new ModelOutput("", output, false, truncated);
    }

    /**
     * Brings separate parts, such as a server's {@code reasoning_content} and {@code content}, into
     * the one form.
     *
     * @param reasoning the thinking, or null or empty where the engine gave none
     * @param content the answer, or null; may itself hold inline thinking
     * @return the output
     */
    public static String join(String reasoning, String content) {
        String answer = content == null ? "" : content;
        if (reasoning == null || reasoning.isEmpty()) {
            return answer;
        }
        String opened = OPEN + "\n" + reasoning;
        return answer.isEmpty() ? opened : opened + "\n" + CLOSE + "\n\n" + answer;
    }

    private static String withoutOpening(String thinking) {
        String stripped = thinking.stripLeading();
        return stripped.startsWith(OPEN) ? stripped.substring(OPEN.length()) : thinking;
    }
}
