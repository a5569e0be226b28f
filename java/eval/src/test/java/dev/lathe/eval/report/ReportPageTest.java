package dev.lathe.eval.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lathe.eval.extract.ModelOutput;
import dev.lathe.eval.results.JudgedAnswer;
import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.results.TaskResult;
import dev.lathe.eval.task.Question;
import dev.lathe.eval.task.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report in a browser. */
class ReportPageTest {
    private static final int ROWS = 40;
    private static final String SHOWN = "document.querySelectorAll('#answers > details').length";
    private static final String GROUND = "getComputedStyle(document.body).backgroundColor";

    @TempDir static Path folder;
    private static Chromium chromium;
    private static MadeUpEvaluation evaluation;

    @BeforeAll
    static void write() throws Exception {
        chromium = Chromium.start();
        evaluation = new MadeUpEvaluation(12, 1, 1);
        Reports.write(folder, evaluation);
    }

    @AfterAll
    static void close() throws Exception {
        if (chromium != null) {
            chromium.close();
        }
    }

    @BeforeEach
    void open() throws Exception {
        chromium.look(1280, 900, false);
        chromium.open(folder.resolve(Reports.HTML));
    }

    @Test
    void rendersAlone() throws Exception {
        assertEquals(List.of(), chromium.complaints());
        assertEquals(List.of(), chromium.requests());
        assertEquals(4, number("document.querySelectorAll('.plot canvas').length"));
        assertEquals(12, number("document.querySelectorAll('#overview tbody tr').length"));
        assertEquals(48, number("document.querySelectorAll('#tasks tbody tr').length"));
        assertEquals(ROWS, number(SHOWN));
        String inked =
                "[...document.querySelectorAll('.plot canvas')].map(c => new Set(new Uint32Array("
                        + "c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size)";
        for (JsonNode colours : chromium.evaluate(inked)) {
            assertTrue(colours.asInt() > 10, "a chart is empty");
        }
        picture("light");
    }

    @Test
    void chartsHaveTextAlternatives() throws Exception {
        JsonNode labels =
                chromium.evaluate("[...document.querySelectorAll('.plot')].map(p => p.ariaLabel)");
        for (JsonNode label : labels) {
            assertTrue(label.asText().contains("R1-Distill-Llama-8B"), label.asText());
        }
        ModelResult original = evaluation.results().models().get(0);
        String accuracy = String.format("%.1f %%", 100 * original.average().mean());
        assertTrue(labels.get(0).asText().contains("16.1 GB, " + accuracy), labels.get(0).asText());
    }

    @Test
    void labelsOfTwelveModelsDoNotOverlap() throws Exception {
        for (int width : new int[] {1280, 768, 360}) {
            chromium.look(width, 900, false);
            for (String task : List.of("", "aime2024", "folio", "temporal", "musique")) {
                for (String chart : List.of("size", "tokens")) {
                    chromium.evaluate(
                            String.format(
                                    "{ const s = byId('%s-task'); s.value = '%s';"
                                            + " s.dispatchEvent(new Event('change')); }",
                                    chart, task));
                    JsonNode boxes =
                            chromium.evaluate("Charts.boxes('" + chart + "-chart').slice()");
                    assertEquals(12, boxes.size());
                    assertApart(boxes, chart + " of " + task + " at " + width);
                }
            }
        }
    }

    private static void assertApart(JsonNode boxes, String where) {
        for (int i = 0; i < boxes.size(); i++) {
            assertTrue(boxes.get(i).has("left"), where + ": a label has no place");
            for (int j = 0; j < i; j++) {
                JsonNode a = boxes.get(i);
                JsonNode b = boxes.get(j);
                boolean apart =
                        a.path("right").asDouble() <= b.path("left").asDouble()
                                || b.path("right").asDouble() <= a.path("left").asDouble()
                                || a.path("bottom").asDouble() <= b.path("top").asDouble()
                                || b.path("bottom").asDouble() <= a.path("top").asDouble();
                assertTrue(apart, where + ": labels " + i + " and " + j + " overlap");
            }
        }
    }

    @Test
    void filtersNarrowTheAnswers() throws Exception {
        long all = count(answer -> true);
        assertEquals("All " + String.format("%,d", all) + " answers", text("#count"));

        chromium.choose("#filter-task", "FOLIO");
        assertCount(answer -> answer.answer().task().equals("folio"), all);
        chromium.choose("#filter-verdict", "✗ wrong");
        Predicate<JudgedAnswer> wrong =
                answer ->
                        answer.answer().task().equals("folio")
                                && answer.judgement() != null
                                && answer.judgement().score().verdict() == Verdict.WRONG;
        assertCount(wrong, all);
        chromium.choose("#filter-model", "R1-Distill-Llama-8B Q2_K");
        assertCount(
                answer -> wrong.test(answer) && answer.model().equals("R1-Distill-Llama-8B Q2_K"),
                all);

        chromium.click("#filters button[type=reset]");
        assertEquals("All " + String.format("%,d", all) + " answers", text("#count"));
        chromium.type("#filter-text", "lake geneva");
        assertCount(
                answer ->
                        answer.judgement() != null
                                && "Lake Geneva".equals(answer.judgement().extraction().answer()),
                all);
        assertEquals(List.of(), chromium.complaints());
    }

    @Test
    void lostAnswersAreThoseOfTheFigures() throws Exception {
        chromium.choose("#filter-change", "right before, wrong now");
        long lost =
                evaluation.results().models().stream()
                        .flatMap(model -> model.tasks().stream())
                        .map(TaskResult::accuracyChange)
                        .mapToLong(change -> change == null ? 0 : change.lost())
                        .sum();
        assertTrue(text("#count").startsWith(lost + " of "), text("#count"));

        ModelResult model = evaluation.results().models().get(6);
        TaskResult folio = model.tasks().get(1);
        String button = "#task-tables > div:nth-of-type(2) tbody tr:nth-child(7) button";
        chromium.click(button);
        assertTrue(text("#count").startsWith(folio.accuracyChange().lost() + " of "));
        assertEquals(
                folio.accuracyChange().lost(),
                number("Answers.selected().filter(a => a.before.verdict === 'right').length"));
    }

    @Test
    void moreAnswersAreShownOnDemand() throws Exception {
        chromium.click("#more");
        assertEquals(2 * ROWS, number(SHOWN));
    }

    @Test
    void anAnswerOpensWithItsTexts() throws Exception {
        chromium.choose("#filter-change", "right before, wrong now");
        chromium.choose("#filter-ending", "ended by itself");
        chromium.click("#answers > details > summary");
        await("document.querySelector('#answers .inside dl') !== null");
        JudgedAnswer answer = first();
        Question question =
                evaluation.questions().stream()
                        .filter(one -> one.task().equals(answer.answer().task()))
                        .filter(one -> one.index() == answer.answer().index())
                        .findFirst()
                        .orElseThrow();
        JudgedAnswer original = evaluation.answers(question).get(0);
        String inside = text("#answers .inside");
        assertContains(inside, question.message());
        // Empty lines around a text say nothing and are not shown.
        assertContains(inside, ModelOutput.parse(answer.answer().output()).thinking().strip());
        assertContains(inside, ModelOutput.parse(original.answer().output()).answer().strip());
        assertEquals(
                answer.judgement().extraction().found()
                        ? answer.judgement().extraction().answer()
                        : "no answer",
                text("#answers .inside > dl dd"));
        // Thinking, prompt and the original's answer are folded.
        assertEquals(
                0, number("document.querySelectorAll('#answers .inside details[open]').length"));
        picture("answer");
    }

    @Test
    void longThinkingLosesItsMiddleAndSaysSo() throws Exception {
        long answers = count(answer -> answer.judgement() != null);
        String limit = String.format("%,d characters", Passage.limit(answers));
        assertContains(text("#limit-note"), limit);
        chromium.choose("#filter-ending", "cut by the cap");
        chromium.click("#answers > details > summary");
        await("document.querySelector('#answers .inside dl') !== null");
        JudgedAnswer answer = first();
        String thinking = ModelOutput.parse(answer.answer().output()).thinking().strip();
        String shown = text("#answers .inside > details:nth-of-type(2) .text");
        assertContains(shown, "characters left out here");
        assertContains(shown, thinking.substring(0, 2000));
        assertContains(shown, thinking.substring(thinking.length() - 2000));
        assertTrue(shown.length() < thinking.length());
    }

    private static JudgedAnswer first() throws Exception {
        JsonNode place =
                chromium.evaluate("(a => [a.question.position, a.place])(Answers.selected()[0])");
        Question question = evaluation.questions().get(place.get(0).asInt());
        return evaluation.answers(question).get(place.get(1).asInt());
    }

    @Test
    void followsTheSystemAndTheToggle() throws Exception {
        String light = chromium.evaluate(GROUND).asText();
        chromium.look(1280, 900, true);
        String dark = chromium.evaluate(GROUND).asText();
        assertNotEquals(light, dark);
        picture("dark");
        chromium.click("#theme");
        assertEquals(light, chromium.evaluate(GROUND).asText());
        chromium.click("#theme");
        assertEquals(dark, chromium.evaluate(GROUND).asText());
        chromium.look(1280, 900, false);
        assertEquals(dark, chromium.evaluate(GROUND).asText());
        chromium.open(folder.resolve(Reports.HTML));
        assertEquals(dark, chromium.evaluate(GROUND).asText(), "the choice is kept");
        chromium.click("#theme");
        assertEquals(light, chromium.evaluate(GROUND).asText());
        assertEquals(List.of(), chromium.complaints());
    }

    @Test
    void fitsAPhone() throws Exception {
        chromium.look(360, 780, false);
        assertEquals(360, number("document.documentElement.scrollWidth"));
        picture("phone");
        chromium.click("#answers > details > summary");
        await("document.querySelector('#answers .inside dl') !== null");
        chromium.evaluate(
                "document.querySelectorAll('.inside details').forEach(d => d.open = true)");
        chromium.settle();
        assertEquals(360, number("document.documentElement.scrollWidth"));
        assertEquals(12, number("document.querySelectorAll('#size-key:not([hidden]) li').length"));
        assertEquals(List.of(), chromium.complaints());
    }

    private static void assertContains(String text, String part) {
        assertTrue(!part.isEmpty() && text.contains(part), "not on the page: " + part);
    }

    private static void await(String condition) throws Exception {
        for (int i = 0; i < 200 && !chromium.evaluate(condition).asBoolean(); i++) {
            chromium.settle();
        }
        assertTrue(chromium.evaluate(condition).asBoolean(), condition);
    }

    private static void assertCount(Predicate<JudgedAnswer> wanted, long all) throws Exception {
        long count = count(wanted);
        assertTrue(count > 0 && count < all);
        assertEquals(String.format("%,d of %,d answers", count, all), text("#count"));
        assertEquals(Math.min(ROWS, count), number(SHOWN));
    }

    private static long count(Predicate<JudgedAnswer> wanted) {
        return evaluation.questions().stream()
                .flatMap(question -> evaluation.answers(question).stream())
                .filter(wanted)
                .count();
    }

    private static String text(String selector) throws Exception {
        return chromium.evaluate("document.querySelector('" + selector + "').textContent").asText();
    }

    private static long number(String expression) throws Exception {
        return chromium.evaluate(expression).asLong();
    }

    private static void picture(String name) throws Exception {
        String wanted = System.getenv("LATHE_SCREENSHOTS");
        if (wanted != null) {
            Files.write(Path.of(wanted, name + ".png"), chromium.screenshot(true));
        }
    }
}
