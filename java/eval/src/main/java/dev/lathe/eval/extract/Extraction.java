package dev.lathe.eval.extract;

/**
 * What was taken for the answer in an output.
 *
 * @param answer the answer in the task's own form ({@code 113}, {@code True}, {@code (B)}, free
 *     text), or null where there is none
 * @param rule how it was found: {@code boxed}, {@code bold}, {@code answer is}…; {@code none}
 * @param quote the words of the output that it rests on; empty where there is no answer
 */
public record Extraction(String answer, String rule, String quote) {
    /** No answer was found. */
    public static final Extraction NONE = new Extraction(null, "none", "");

    /**
     * Whether there is an answer.
     *
     * @return false where none was found
     */
    public boolean found() {
        return answer != null;
    }
}
