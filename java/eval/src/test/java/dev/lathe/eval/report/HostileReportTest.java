package dev.lathe.eval.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes from models and data cannot run in the report. */
class HostileReportTest {
    private static final String HACKED = "window.hacked === undefined ? 0 : window.hacked";

    @TempDir static Path folder;
    private static Chromium chromium;

    @BeforeAll
    static void write() throws Exception {
        chromium = Chromium.start();
        chromium.look(1280, 900, false);
        Reports.write(folder, new HostileEvaluation());
    }

    @AfterAll
    static void close() throws Exception {
        if (chromium != null) {
            chromium.close();
        }
    }

    /** Without it, the tests below would pass in a browser that runs no scripts at all. */
    @Test
    void thePayloadsRunInAPageThatDoesNotEscape() throws Exception {
        for (int number : new int[] {0, 1, 3, 4, 5}) {
            Path naive = folder.resolve("naive" + number + ".html");
            String payload = HostileEvaluation.PAYLOADS.get(number);
            boolean inScript = payload.contains("</script><");
            Files.writeString(
                    naive,
                    inScript ? "<script>const a = '" + payload + "';</script>" : "<p>" + payload);
            chromium.open(naive);
            chromium.settle();
            assertTrue(chromium.evaluate(HACKED).asInt() > 0, payload);
        }
    }

    @Test
    void stringsAreShownAndDoNotRun() throws Exception {
        chromium.open(folder.resolve(Reports.HTML));
        String openAll =
                "(async () => { for (let i = 0; i < 3; i++) {"
                        + " document.querySelectorAll('details').forEach(d => d.open = true);"
                        + " await new Promise(done => setTimeout(done, 300)); } })()";
        chromium.evaluate(openAll);
        chromium.settle();
        assertEquals(0, chromium.evaluate(HACKED).asInt());
        assertEquals(List.of(), chromium.complaints());
        assertEquals(List.of(), chromium.requests());
        String foreign = "img, svg, iframe, object, embed, base, [onerror], [onload], main a";
        assertEquals(
                0,
                chromium.evaluate("document.querySelectorAll('" + foreign + "').length").asInt());
        // The library, eight scripts of the page, the figures, and two blocks for each question.
        assertEquals(14, chromium.evaluate("document.scripts.length").asInt());
        for (String field :
                List.of(
                        "title",
                        "model A",
                        "model B",
                        "location",
                        "engine",
                        "what",
                        "version",
                        "id",
                        "message",
                        "opening",
                        "expected",
                        "alias",
                        "thinking",
                        "answer",
                        "quote",
                        "extracted",
                        "rule",
                        "repeated",
                        "failure")) {
            String shown =
                    "document.body.textContent.includes("
                            + new ObjectMapper()
                                    .writeValueAsString(field + " " + HostileEvaluation.EVIL)
                            + ")";
            assertTrue(chromium.evaluate(shown).asBoolean(), field + " is not shown as it is");
        }
    }

    @Test
    void tooltipsAndFiltersDoNotRunThem() throws Exception {
        chromium.open(folder.resolve(Reports.HTML));
        chromium.evaluate(
                "for (const s of document.querySelectorAll('select')) for (const o of s.options) {"
                        + " s.value = o.value; s.dispatchEvent(new Event('input', {bubbles: true}));"
                        + " s.dispatchEvent(new Event('change', {bubbles: true})); }");
        for (String chart : List.of("size", "tokens", "boxes", "histogram")) {
            String tip =
                    "echarts.getInstanceByDom(byId('%s-chart')).dispatchAction("
                            + "{type: 'showTip', seriesIndex: %d, dataIndex: 0})";
            int series = chart.equals("size") || chart.equals("tokens") ? 2 : 0;
            chromium.evaluate(String.format(tip, chart, series));
            chromium.settle();
        }
        assertEquals(0, chromium.evaluate(HACKED).asInt());
        assertEquals(List.of(), chromium.complaints());
    }

    @Test
    void thePolicyAloneStopsMarkup() throws Exception {
        chromium.open(folder.resolve(Reports.HTML));
        for (String payload : HostileEvaluation.PAYLOADS) {
            if (payload.contains("refresh")) {
                continue; // It loads the page anew, which no policy forbids and which runs nothing.
            }
            String insert =
                    "document.body.insertAdjacentHTML('beforeend', "
                            + new ObjectMapper().writeValueAsString(payload)
                            + ")";
            chromium.evaluate(insert);
        }
        chromium.evaluate(
                "{ const s = document.createElement('script'); s.textContent = 'window.hacked = 20';"
                        + " document.body.append(s);"
                        + " document.querySelectorAll('a').forEach(a =>"
                        + " a.href.startsWith('javascript:') && a.click()); }");
        chromium.evaluate("new Promise(done => setTimeout(done, 300))");
        assertEquals(0, chromium.evaluate(HACKED).asInt());
        assertTrue(
                chromium.complaints().stream()
                        .anyMatch(complaint -> complaint.contains("Content Security Policy")),
                "the policy reported nothing");
        assertTrue(
                chromium.evaluate(
                                "fetch('data:text/plain,x').then(() => 'loaded', () => 'refused')")
                        .asText()
                        .equals("refused"));
    }

    @Test
    void blocksHoldNoMarkup() throws Exception {
        String page = Files.readString(folder.resolve(Reports.HTML));
        String data = page.substring(page.indexOf("</footer>"), page.indexOf("Apache Software"));
        assertFalse(data.contains("<!--"));
        assertFalse(data.contains("\u2028"));
        assertFalse(data.contains("<img"));
    }
}
