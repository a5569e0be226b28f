package dev.lathe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressTest {
    private static final long SECOND = 1_000_000_000L;

    @Test
    void rateIsThatOfTheLastPart() {
        ProgressRate rate = new ProgressRate(0, 100);
        assertEquals(OptionalDouble.empty(), rate.perSecond());
        rate.add(1, 50);
        assertEquals(OptionalDouble.empty(), rate.secondsLeft(), "too early to say");
        for (int second = 2; second <= 40; second++) {
            rate.add(second, 50 + second);
        }
        // The jump at the beginning has left the window of 20 seconds.
        assertEquals(1, rate.perSecond().orElseThrow(), 1e-9);
        assertEquals(10, rate.secondsLeft().orElseThrow(), 1e-9);
    }

    @Test
    void aSlowUnitDoesNotStandForAll() {
        // Blocks of ten units: nine of a second each, and one of 90 seconds.
        ProgressRate rate = new ProgressRate(0, 280);
        double seconds = 0;
        for (int unit = 1; unit <= 270; unit++) {
            seconds += unit % 10 == 0 ? 90 : 1;
            rate.add(seconds, unit);
            // The last 23 units or more hold two slow ones where 2.3 are due, or three.
            if (unit >= 23) {
                double left = (280 - unit) / 10.0 * 99;
                assertEquals(left, rate.secondsLeft().orElseThrow(), 0.35 * left, "unit " + unit);
            }
        }
    }

    @Test
    void linesComeEveryFewSecondsAndNoticesAtOnce() {
        StringWriter text = new StringWriter();
        AtomicLong now = new AtomicLong();
        try (ProgressLines lines = new ProgressLines(new PrintWriter(text), now::get)) {
            lines.start(200);
            for (int second = 1; second <= 12; second++) {
                now.set(second * SECOND);
                lines.advance(10 * second, "block " + second);
            }
            lines.notice("a notice");
        }
        assertEquals(
                """
                 25 %  block 5, 5.0 s passed, about 15 s left
                 50 %  block 10, 10 s passed, about 10 s left
                a notice
                """,
                text.toString());
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 120})
    void barKeepsItsLayout(int width) {
        ProgressRate rate = new ProgressRate(0, 200);
        String begun = render(rate, width, 0, "compress");
        rate.add(10, 100);
        String half = render(rate, width, 100, "block 12 of 30: down_proj");
        rate.add(20, 200);
        String done = render(rate, width, 200, "done");
        assertTrue(half.contains(" 50 %   10.0 steps/s  0:10 left"), half);
        assertTrue(done.contains("100 %   10.0 steps/s  0:00 passed"), done);
        assertTrue(half.startsWith("block 12 of 30: down_proj  |"), half);
        for (String line : new String[] {begun, half, done}) {
            assertEquals(width, line.length(), line);
            assertEquals(half.indexOf('|'), line.indexOf('|'), line);
            assertEquals(half.lastIndexOf('|'), line.lastIndexOf('|'), line);
        }
        long filled = half.chars().filter(c -> c == '#').count();
        assertEquals((half.lastIndexOf('|') - half.indexOf('|') - 1) / 2, filled);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 40, 60})
    void narrowTerminalsGetWhatFits(int width) {
        ProgressRate rate = new ProgressRate(0, 200);
        rate.add(10, 100);
        assertTrue(render(rate, width, 100, "block 12 of 30: down_proj").length() <= width);
    }

    /** A line of the bar at so many of 200 steps. */
    private static String render(ProgressRate rate, int width, long done, String what) {
        StringBuilder last = new StringBuilder();
        try (ProgressBar bar =
                new ProgressBarBuilder()
                        .setInitialMax(200)
                        .setUpdateIntervalMillis(60_000)
                        .setRenderer(new BarRenderer(rate, false))
                        .setConsumer(new Lines(width, last))
                        .build()) {
            bar.setExtraMessage(what);
            bar.stepTo(done);
        }
        return last.toString();
    }

    private record Lines(int width, StringBuilder last) implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return width;
        }

        @Override
        public void accept(String rendered) {
            last.setLength(0);
            last.append(rendered);
        }

        @Override
        public void close() {}
    }
}
