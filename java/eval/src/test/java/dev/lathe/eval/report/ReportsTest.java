package dev.lathe.eval.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.DataException;
import dev.lathe.eval.results.Evaluation;
import dev.lathe.eval.results.JudgedAnswer;
import dev.lathe.eval.results.ModelResult;
import dev.lathe.eval.results.Results;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.statistics.Estimate;
import dev.lathe.eval.task.Question;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports without a browser. */
class ReportsTest {
    @TempDir Path folder;

    @Test
    void writesThreeFilesAndNothingElse() throws IOException {
        Path nested = folder.resolve("new/report");
        List<Path> files = Reports.write(nested, new MadeUpEvaluation(3, 2, 1));
        assertEquals(
                List.of("results.json", "report.md", "report.html"),
                files.stream().map(file -> file.getFileName().toString()).toList());
        Reports.write(nested, new MadeUpEvaluation(2, 1, 1));
        try (Stream<Path> all = Files.list(nested)) {
            assertEquals(3, all.count());
        }
    }

    @Test
    void anInterruptedReportLeavesTheOldOne() throws IOException {
        Reports.write(folder, new MadeUpEvaluation(2, 1, 1));
        String before = Files.readString(folder.resolve(Reports.HTML));
        MadeUpEvaluation broken =
                new MadeUpEvaluation(2, 1, 1) {
                    @Override
                    public List<JudgedAnswer> answers(Question question) {
                        if (question.task().equals("musique")) {
                            throw new DataException("answers.jsonl: broken");
                        }
                        return super.answers(question);
                    }

                    @Override
                    public Results results() {
                        return new MadeUpEvaluation(2, 1, 1).results();
                    }
                };
        assertThrows(DataException.class, () -> Reports.write(folder, broken));
        assertEquals(before, Files.readString(folder.resolve(Reports.HTML)));
        try (Stream<Path> all = Files.list(folder)) {
            assertEquals(3, all.count());
        }
    }

    @Test
    void resultsComeBackAsTheyWere() throws IOException {
        for (Evaluation evaluation :
                List.of(new MadeUpEvaluation(8, 1, 1), new HostileEvaluation())) {
            Reports.write(folder, evaluation);
            assertEquals(evaluation.results(), ResultsFile.read(folder.resolve(Reports.RESULTS)));
        }
    }

    @Test
    void resultsOfAnotherVersionAreRefused() throws IOException {
        Path file = folder.resolve("results.json");
        Files.writeString(file, "{\"version\": 2, \"unknown\": []}");
        DataException version = assertThrows(DataException.class, () -> ResultsFile.read(file));
        assertTrue(version.getMessage().contains("expected version 1"), version.getMessage());
        Files.writeString(file, "{\"version\": 1, \"models\"");
        assertThrows(DataException.class, () -> ResultsFile.read(file));
        Files.writeString(file, "{\"version\": 1}");
        assertThrows(DataException.class, () -> ResultsFile.read(file));
    }

    @Test
    void markdownTablesKeepTheirShape() throws IOException {
        Reports.write(folder, new HostileEvaluation());
        String text = Files.readString(folder.resolve(Reports.MARKDOWN));
        assertFalse(text.contains("<"), "markup");
        assertFalse(Pattern.compile("(?<!\\\\)\\]\\(").matcher(text).find(), "a link");
        assertFalse(text.contains("\n# heading"), "a heading from a name");
        int columns = 0;
        int rows = 0;
        for (String line : text.split("\n")) {
            long bars = line.chars().filter(character -> character == '|').count();
            if (columns > 0 && bars > 0) {
                assertEquals(columns, bars, line);
                rows++;
            }
            columns = (int) bars;
        }
        // Three tables of two models, each with its line under the heads.
        assertEquals(9, rows);
        assertTrue(text.contains("Q4\\_K") || text.contains("\\_\\_proto\\_\\_"));
    }

    @Test
    void markdownHoldsTheFigures() throws IOException {
        MadeUpEvaluation evaluation = new MadeUpEvaluation(8, 1, 1);
        Reports.write(folder, evaluation);
        String text = Files.readString(folder.resolve(Reports.MARKDOWN));
        ModelResult worst = evaluation.results().models().get(6);
        Estimate average = worst.average();
        assertTrue(
                text.contains(
                        String.format(
                                "| R1-Distill-Llama-8B Q2\\_K | 3.18 GB | 2.96 | 0 %% |"
                                        + " %.1f %% [%.1f, %.1f] |",
                                100 * average.mean(), 100 * average.low(), 100 * average.high())),
                text);
        assertTrue(text.contains("temperature 0.6, top-p 0.95"));
        assertTrue(text.contains("| R1-Distill-Llama-8B | 7 of 30 |"), "right of answers");
    }

    @Test
    void theFrontierLeavesOutWhatIsBeaten() {
        List<ModelResult> models =
                List.of(
                        model(100L, 0.80),
                        model(50L, 0.80), // as good and smaller: beats the first
                        model(50L, 0.70),
                        model(20L, 0.75),
                        model(null, 0.99),
                        model(10L, null),
                        model(15L, 0.10),
                        model(15L, 0.10)); // as good as the one before: neither beats the other
        assertEquals(List.of(1, 3, 6, 7), Frontier.ofAverage(models));
        assertEquals(List.of(), Frontier.ofTask(models, "folio"));
    }

    private static ModelResult model(Long bytes, Double accuracy) {
        Estimate average = accuracy == null ? null : new Estimate(accuracy, null, 0, 1);
        return new ModelResult(
                new ModelDescription("m", "m.gguf", bytes, null, null, Map.of()),
                average,
                null,
                List.of());
    }

    @Test
    void passagesKeepBothEndsAndWholeCharacters() {
        assertEquals(new Passage("short", 0, ""), Passage.of("short", 5));
        assertEquals(new Passage("ab", 4, "gh"), Passage.of("abcdefgh", 4));
        assertEquals(new Passage("  a\n\nb", 0, ""), Passage.of("\n \n  a\n\nb \n\n", 9));
        assertEquals(new Passage("", 0, ""), Passage.of(" \n\n", 2));
        String faces = "\ud83d\ude00".repeat(8);
        for (int limit = 1; limit < 16; limit++) {
            Passage passage = Passage.of(faces, limit);
            assertEquals(16, passage.text().length() + passage.leftOut() + passage.end().length());
            assertEquals(0, passage.text().length() % 2);
            assertEquals(0, passage.end().length() % 2);
        }
        assertEquals(200_000, Passage.limit(0));
        assertEquals(25_000, Passage.limit(4_000));
        assertEquals(2_000, Passage.limit(1_000_000));
    }

    @Test
    void oneQuestionIsHeldAtATime() throws IOException {
        List<WeakReference<List<JudgedAnswer>>> given = new ArrayList<>();
        MadeUpEvaluation small = new MadeUpEvaluation(2, 1, 1);
        Results results = small.results();
        Evaluation watched =
                new Evaluation() {
                    @Override
                    public Results results() {
                        return results;
                    }

                    @Override
                    public List<Question> questions() {
                        return small.questions();
                    }

                    @Override
                    public List<JudgedAnswer> answers(Question question) {
                        // The question before is still on the writer's stack, those before are not.
                        if (given.size() == 50) {
                            System.gc();
                            long held = given.stream().filter(list -> list.get() != null).count();
                            assertTrue(held <= 2, held + " questions are held");
                        }
                        List<JudgedAnswer> answers = new ArrayList<>(small.answers(question));
                        given.add(new WeakReference<>(answers));
                        return answers;
                    }

                    @Override
                    public void close() {
                        small.close();
                    }
                };
        Reports.write(folder, watched);
        assertEquals(150, given.size());
    }
}
