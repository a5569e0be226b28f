package dev.lathe.cli;

import java.util.OptionalDouble;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * One line of fixed layout, so that nothing jumps: what is being worked on, the bar, the share
 * done, the rate and the time left.
 */
final class BarRenderer implements ProgressBarRenderer {
    private static final int WHAT_WIDTH = 26;
    private static final int LEAST_BAR = 8;
    private static final int TIME_WIDTH = "10:00:00 left".length();
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";
    private static final char FULL = '█';

    private final ProgressRate rate;
    private final boolean unicode;

    /**
     * Creates a renderer.
     *
     * @param rate how fast work gets on; locked while it is read
     * @param unicode whether the terminal shows blocks, else signs of ASCII
     */
    BarRenderer(ProgressRate rate, boolean unicode) {
        this.rate = rate;
        this.unicode = unicode;
    }

    @Override
    public String render(ProgressState state, int width) {
        OptionalDouble perSecond;
        OptionalDouble left;
        synchronized (rate) {
            perSecond = rate.perSecond();
            left = rate.secondsLeft();
        }
        double share = Math.min(1, state.getNormalizedProgress());
        String time =
                share < 1 && left.isPresent()
                        ? Quantity.clock(Math.round(left.getAsDouble())) + " left"
                        : Quantity.clock(state.getElapsedAfterStart().toSeconds()) + " passed";
        String numbers =
                Quantity.format(
                        " %3d %%  %13s  %-" + TIME_WIDTH + "s",
                        (int) (100 * share),
                        perSecond.isPresent()
                                ? Quantity.format("%.1f steps/s", perSecond.getAsDouble())
                                : "",
                        time);
        String what = state.getExtraMessage();
        String name = Quantity.format("%-" + WHAT_WIDTH + "s ", what);
        int bar = width - name.length() - numbers.length() - 2;
        if (bar < LEAST_BAR) {
            return (what + numbers).substring(0, Math.min(width, what.length() + numbers.length()));
        }
        return name + '|' + blocks(share, bar) + '|' + numbers;
    }

    private String blocks(double share, int width) {
        if (!unicode) {
            int full = (int) (share * width);
            return "#".repeat(full) + " ".repeat(width - full);
        }
        int eighths = (int) (share * width * EIGHTHS.length());
        int full = eighths / EIGHTHS.length();
        if (full == width) {
            return String.valueOf(FULL).repeat(width);
        }
        return String.valueOf(FULL).repeat(full)
                + EIGHTHS.charAt(eighths % EIGHTHS.length())
                + " ".repeat(width - full - 1);
    }
}
