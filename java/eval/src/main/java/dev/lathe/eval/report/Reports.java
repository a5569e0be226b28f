package dev.lathe.eval.report;

import dev.lathe.eval.results.Evaluation;
import dev.lathe.eval.results.Results;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Writes the reports of an evaluation. */
public final class Reports {
    /** The figures, for programs. */
    public static final String RESULTS = "results.json";

    /** The figures, for a repository or a chat. */
    public static final String MARKDOWN = "report.md";

    /** Figures, charts and every answer, as a page. */
    public static final String HTML = "report.html";

    private Reports() {}

    /**
     * Writes {@link #RESULTS}, {@link #MARKDOWN} and {@link #HTML}. Each appears under its name
     * when it is complete and replaces an older one. Answers are read one question at a time.
     *
     * @param folder where to; made if it is not there
     * @param evaluation what to report
     * @return the files
     * @throws IOException if writing fails
     */
    public static List<Path> write(Path folder, Evaluation evaluation) throws IOException {
        Files.createDirectories(folder);
        Results results = evaluation.results();
        return List.of(
                write(folder.resolve(RESULTS), out -> ResultsFile.write(out, results)),
                write(folder.resolve(MARKDOWN), new MarkdownReport(results)::write),
                write(folder.resolve(HTML), new HtmlReport(evaluation)::write));
    }

    @FunctionalInterface
    private interface Content {
        void writeTo(Writer out) throws IOException;
    }

    private static Path write(Path file, Content content) throws IOException {
        Path partial = Files.createTempFile(file.getParent(), file.getFileName() + ".", ".part");
        try {
            // Models may emit half a surrogate pair; it becomes "?" instead of ending the report.
            var encoder =
                    StandardCharsets.UTF_8
                            .newEncoder()
                            .onMalformedInput(CodingErrorAction.REPLACE)
                            .onUnmappableCharacter(CodingErrorAction.REPLACE);
            try (Writer out =
                    new BufferedWriter(
                            new OutputStreamWriter(Files.newOutputStream(partial), encoder))) {
                content.writeTo(out);
            }
            return Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }
}
