package dev.lathe.cli;

import dev.lathe.compress.FileSize;
import dev.lathe.quantize.Allocation;
import java.util.ArrayList;
import java.util.List;

/** Draws predicted loss, on a logarithmic scale, over size. */
final class FrontierPlot {
    private static final int COLUMNS = 64;
    private static final int ROWS = 16;
    private static final int WIDTH = 720;
    private static final int HEIGHT = 420;
    private static final int MARGIN = 70;

    /** Where the logarithm of a loss of 0 is drawn, below the least other loss. */
    private static final double DECADES_TO_ZERO = 1;

    private final List<AllocationSummary.Point> points;
    private final double smallest;
    private final double largest;
    private final double low;
    private final double high;

    private FrontierPlot(AllocationSummary summary) {
        this.points = new ArrayList<>(summary.frontier());
        this.smallest = points.get(0).bytes();
        this.largest = Math.max(smallest + 1, points.get(points.size() - 1).bytes());
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (AllocationSummary.Point point : points) {
            if (point.loss() > 0) {
                least = Math.min(least, Math.log10(point.loss()));
                most = Math.max(most, Math.log10(point.loss()));
            }
        }
        boolean any = least <= most;
        this.low = any ? Math.floor(least - DECADES_TO_ZERO / 2) : -1;
        this.high = any ? Math.max(low + 1, Math.ceil(most)) : 0;
    }

    /** 0 to 1 from the smallest size to the largest. */
    private double across(double bytes) {
        return (bytes - smallest) / (largest - smallest);
    }

    /** 0 to 1 from the least loss to the greatest. */
    private double up(double loss) {
        return loss <= 0 ? 0 : Math.max(0, (Math.log10(loss) - low) / (high - low));
    }

    /** Characters: the frontier as {@code *}, the allocation as {@code O}. */
    static String text(AllocationSummary summary) {
        FrontierPlot plot = new FrontierPlot(summary);
        char[][] cells = new char[ROWS][COLUMNS];
        for (char[] row : cells) {
            java.util.Arrays.fill(row, ' ');
        }
        for (AllocationSummary.Point point : plot.points) {
            plot.mark(cells, point.bytes(), point.loss(), '*');
        }
        plot.mark(cells, summary.bytes(), summary.predictedLoss(), 'O');
        String line = System.lineSeparator();
        StringBuilder text = new StringBuilder("predicted loss over size (O: this plan)" + line);
        for (int row = 0; row < ROWS; row++) {
            double share = 1 - (double) row / (ROWS - 1);
            boolean labelled = row % 5 == 0;
            String label =
                    labelled
                            ? Quantity.format(
                                    "%9.2g",
                                    Math.pow(10, plot.low + share * (plot.high - plot.low)))
                            : " ".repeat(9);
            text.append(label).append(" |").append(new String(cells[row]).stripTrailing());
            text.append(line);
        }
        String left = FileSize.text((long) plot.smallest);
        String right = FileSize.text((long) plot.largest);
        text.append(" ".repeat(10)).append('+').append("-".repeat(COLUMNS)).append(line);
        text.append(" ".repeat(11)).append(left);
        text.append(" ".repeat(Math.max(1, COLUMNS - left.length() - right.length())));
        return text.append(right).append(line).toString();
    }

    private void mark(char[][] cells, double bytes, double loss, char sign) {
        int column = (int) Math.round(clamp(across(bytes)) * (COLUMNS - 1));
        int row = (int) Math.round((1 - clamp(up(loss))) * (ROWS - 1));
        cells[row][column] = sign;
    }

    private static double clamp(double share) {
        return Math.max(0, Math.min(1, share));
    }

    /** A picture for browsers and papers. */
    static String svg(Allocation allocation) {
        AllocationSummary summary = AllocationSummary.of(allocation);
        return new FrontierPlot(summary).svg(summary);
    }

    private String svg(AllocationSummary summary) {
        StringBuilder svg = new StringBuilder();
        svg.append(
                Quantity.format(
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                                + " font-family=\"sans-serif\" font-size=\"12\">%n"
                                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
                        WIDTH, HEIGHT));
        for (double decade = low; decade <= high; decade++) {
            double y = y(Math.pow(10, decade));
            svg.append(
                    Quantity.format(
                            "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>%n"
                                    + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0e</text>%n",
                            MARGIN, WIDTH - 20, y, y, MARGIN - 8, y + 4, Math.pow(10, decade)));
        }
        StringBuilder path = new StringBuilder();
        for (AllocationSummary.Point point : points) {
            double x = x(point.bytes());
            double y = y(point.loss());
            path.append(Quantity.format("%.1f,%.1f ", x, y));
            svg.append(
                    Quantity.format(
                            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"#1f5fa8\"><title>%s,"
                                    + " %.3f bits per weight: %.3g</title></circle>%n",
                            x,
                            y,
                            FileSize.text(point.bytes()),
                            point.bitsPerWeight(),
                            point.loss()));
        }
        svg.append(
                Quantity.format(
                        "<polyline points=\"%s\" fill=\"none\" stroke=\"#1f5fa8\"/>%n"
                                + "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"#c03a2b\"/>%n",
                        path.toString().trim(), x(summary.bytes()), y(summary.predictedLoss())));
        for (double share = 0; share <= 1; share += 0.25) {
            double bytes = smallest + share * (largest - smallest);
            svg.append(
                    Quantity.format(
                            "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
                            x(bytes), HEIGHT - 28, FileSize.text((long) bytes)));
        }
        String kind = summary.measured() ? "measured" : "assumed";
        svg.append(
                Quantity.format(
                        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">size of the tensors in play"
                                + "</text>%n<text x=\"%d\" y=\"18\">predicted KL divergence, nats per"
                                + " token (%s sensitivities)</text>%n</svg>%n",
                        WIDTH / 2, HEIGHT - 8, MARGIN, kind));
        return svg.toString();
    }

    private double x(double bytes) {
        return MARGIN + clamp(across(bytes)) * (WIDTH - 20 - MARGIN);
    }

    private double y(double loss) {
        return 30 + (1 - clamp(up(loss))) * (HEIGHT - 80);
    }
}
