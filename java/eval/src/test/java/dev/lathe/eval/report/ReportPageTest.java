package dev.lathe.eval.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report in a browser. */
class ReportPageTest {
    private static final int ROWS = 40;

    @TempDir static Path folder;
    private static Chromium chromium;
    private static MadeUpEvaluation evaluation;

    @BeforeAll
    static void write() throws Exception {
        chromium = Chromium.start();
        evaluation = new MadeUpEvaluation(8, 1, 1);
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
        picture("light");
    }

    @Test
    void followsTheSystemAndTheToggle() throws Exception {
        chromium.look(1280, 900, true);
        picture("dark");
        chromium.look(360, 780, false);
        picture("phone");
        assertEquals(List.of(), chromium.complaints());
    }

    private static void picture(String name) throws Exception {
        String wanted = System.getenv("LATHE_SCREENSHOTS");
        if (wanted != null) {
            Files.write(Path.of(wanted, name + ".png"), chromium.screenshot(true));
        }
    }
}
