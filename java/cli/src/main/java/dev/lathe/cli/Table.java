package dev.lathe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Lines of text in columns: the first column to the left, numbers to the right. */
final class Table {
    private static final String GAP = "  ";

    private final List<String[]> rows = new ArrayList<>();
    private final int leftColumns;

    /**
     * Begins a table.
     *
     * @param leftColumns how many columns are aligned to the left; the others to the right
     */
    Table(int leftColumns) {
        this.leftColumns = leftColumns;
    }

    /** Adds a row; rows may be of different lengths. */
    Table row(String... cells) {
        rows.add(Stream.of(cells).map(Printable::of).toArray(String[]::new));
        return this;
    }

    /** The lines, each ended. */
    @Override
    public String toString() {
        int columns = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].codePointCount(0, row[i].length()));
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                String padding = " ".repeat(widths[i] - row[i].codePointCount(0, row[i].length()));
                line.append(i == 0 ? "" : GAP);
                line.append(i < leftColumns ? row[i] + padding : padding + row[i]);
            }
            text.append(line.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }
}
