package dev.lathe.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.lathe.eval.extract.ModelOutput;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The forms of answers: cases made to be read rightly, and cases made to mislead. */
class ExtractionTest {
    private static final Question AIME =
            new Question("aime2024", 0, "0", "p", "", List.of("25"), List.of());
    private static final Question FOLIO =
            new Question(
                    "folio", 0, "0", "p", "", List.of("True"), List.of("Tom is a wild turkey."));
    private static final Question TEMPORAL =
            new Question(
                    "temporal-sequences",
                    0,
                    "0",
                    "p",
                    "",
                    List.of("(A)"),
                    List.of("6pm to 9pm", "7am to 11am", "1pm to 2pm", "2pm to 6pm"));
    private static final Question MUSIQUE =
            new Question("musique", 0, "0", "p", "", List.of("Paris"), List.of());

    private static String found(Question question, String output) {
        return Tasks.named(question.task())
                .extract(question, ModelOutput.parse(output.replace("⏎", "\n")))
                .answer();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            nullValues = "none",
            value = {
                "\\boxed{204} | 204",
                "\\boxed{ 025 } | 25",
                "\\boxed{\\text{204}} | 204",
                "\\boxed{\\mathbf{204}} | 204",
                "\\boxed{204 \\text{ minutes}} | 204",
                "\\boxed{m + n = 116} | 116",
                "\\boxed{45^\\circ} | 45",
                "\\boxed{\\frac{408}{2}} | 204",
                "\\boxed{\\dfrac{8}{17}} | 8/17",
                "\\boxed{\\frac{1}{0}} | 1/0",
                "\\boxed{1{,}024} | 1024",
                "\\boxed{-7} | -7",
                "\\boxed{33.0} | 33",
                "\\boxed{2^{10}} | 2^{10}",
                "\\boxed{25 | none",
                "First \\boxed{3}, but rather \\boxed{25}. | 25",
                "So \\fbox{3}.⏎**Final Answer:** 25 | 25",
                "**Answer**⏎⏎25 | 25",
                "### Final answer⏎$25$ | 25",
                "Thus, the final answer is $25$. | 25",
                "The answer to the problem is **25**. | 25",
                "The answer should be 25 as 3 + 22 is that. | none",
                "Hence xy = **25**. | 25",
                "Therefore, the number of ways is 45. | 45",
                "It is 3 or 4. | none",
                "Perhaps the answer is 25. | none",
                "Is the answer 25? | none",
                "I do not know. | none",
                "thinking \\boxed{3}</think>The answer is \\boxed{25}. | 25",
                "so it is \\boxed{25}.</think> | 25",
                "so it is 25.</think> | none",
                "<think>It may be 25. Let me check | none",
                "''|none",
            })
    void aime(String output, String expected) {
        assertEquals(expected, found(AIME, output));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            nullValues = "none",
            value = {
                "True | True",
                "False. | False",
                "**Uncertain** | Uncertain",
                "\\boxed{\\text{True}} | True",
                "**Answer:** B) False | False",
                "The conclusion is therefore false. | False",
                "The conclusion is not true. | False",
                "The conclusion is not necessarily true. | Uncertain",
                "The conclusion is logically valid. | True",
                "The conclusion is neither true nor false. | Uncertain",
                "The statement cannot be determined from the premises. | Uncertain",
                "There is not enough information to say whether Tom is one. | Uncertain",
                "The conclusion is uncertain. If Tom flies, the conclusion is true. | Uncertain",
                "The conclusion is **true**, since a false premise is not needed. | True",
                "Tom is a wild turkey. | True",
                "**Final Answer:** Tom is not a wild turkey. | False",
                "The answer is true or false or uncertain. | none",
                "True, false, or uncertain | none",
                "We consider the premises. | none",
                "It is true that birds fly.</think>The conclusion is false. | False",
                "**Answer:** Unknown | Uncertain",
                "The conclusion \"No one is true\" is **uncertain**. | Uncertain",
            })
    void folio(String output, String expected) {
        assertEquals(expected, found(FOLIO, output));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            nullValues = "none",
            value = {
                "(A) | (A)",
                "A | (A)",
                "B. | (B)",
                "**C** | (C)",
                "\\boxed{D} | (D)",
                "\\boxed{\\text{(D) 2pm to 6pm}} | (D)",
                "**Answer: (A)** | (A)",
                "Answer: A) 6pm to 9pm | (A)",
                "The answer is option B. | (B)",
                "The correct option is **(B) 7am to 11am**. | (B)",
                "So option A is the correct answer. | (A)",
                "Hence (D) is correct. | (D)",
                "Susan could have gone between 6 p.m. and 9 p.m. | (A)",
                "She was free from 6:00 PM until 9:00 PM. | (A)",
                "Answer: 1-2pm | (C)",
                "Answer: 1pm–2pm | (C)",
                "The answer is (A) or (B). | none",
                "The answer is (A) 6pm to 9pm or (D) 2pm to 6pm. | none",
                "The answer is not (A). | none",
                "The answer is (E). | none",
                "Maybe the answer is (A). | none",
                "A visit was possible at no time. | none",
                "The correct answer is none of the above. | none",
                "(B) fails, (C) fails.</think>**Answer:** (D) | (D)",
                "The answer is (A), since (B), (C) and (D) are taken. | (A)",
                "**7am to 11am:** at the mall.⏎⏎So it must be **6pm to 9pm**. | (A)",
            })
    void temporalSequences(String output, String expected) {
        assertEquals(expected, found(TEMPORAL, output));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            nullValues = "none",
            value = {
                "Paris | Paris",
                "Paris. | Paris",
                "**Paris** | Paris",
                "The capital is **Paris**. | Paris",
                "\\boxed{\\text{New York}} | New York",
                "Final answer: New York | New York",
                "**Answer:**⏎\"New York\" | New York",
                "The final answer is Paris. | Paris",
                "long thoughts</think>⏎⏎U.S. Congress | U.S. Congress",
                "I am unable to answer. | none",
                "Answer: Unknown | none",
                "Answer: N/A | none",
                "''|none",
            })
    void musique(String output, String expected) {
        assertEquals(expected, found(MUSIQUE, output));
    }

    @Test
    void reasoningContentAndInlineThinkingAreAlike() {
        String joined = ModelOutput.join("six is even", "**Answer:** (A)");
        ModelOutput inline = ModelOutput.parse("<think>six is even</think>**Answer:** (A)");
        assertEquals(inline.answer().strip(), ModelOutput.parse(joined).answer().strip());
        assertEquals(inline.thinking().strip(), ModelOutput.parse(joined).thinking().strip());
        assertEquals("(A)", found(TEMPORAL, joined));
        assertEquals("(A)", found(TEMPORAL, "six is even</think>**Answer:** (A)"));
        assertEquals("(A)", found(TEMPORAL, ModelOutput.join(null, "**Answer:** (A)")));
    }

    @Test
    void truncatedThinkingHoldsNoAnswerButAMarkedOne() {
        String thought = "She may have gone. The answer is (A).";
        assertEquals("(A)", found(TEMPORAL, thought));
        Task task = Tasks.named("temporal-sequences");
        assertEquals(null, task.extract(TEMPORAL, ModelOutput.parse(thought, true)).answer());
        assertEquals(
                "(B)",
                task.extract(TEMPORAL, ModelOutput.parse("so \\boxed{B}. Wait", true)).answer());
    }

    /**
     * Hostile outputs must not make patterns run away: all of them, a megabyte each, in seconds.
     */
    @Test
    void longOutputsAreReadInLinearTime() {
        List<String> parts =
                List.of(
                        "\n",
                        " ",
                        "*",
                        "**a",
                        "answer is ",
                        "\\boxed{",
                        "{",
                        "(A) or ",
                        "$",
                        "1",
                        "=",
                        "the correct answer\n",
                        "conclusion ",
                        "Answer:\n",
                        "a ",
                        "not ",
                        "\\text{");
        for (String part : parts) {
            String output = part.repeat((1 << 18) / part.length());
            for (Question question : List.of(AIME, FOLIO, TEMPORAL, MUSIQUE)) {
                assertTimeout(
                        Duration.ofSeconds(5),
                        () -> found(question, output),
                        question.task() + part);
            }
        }
    }
}
