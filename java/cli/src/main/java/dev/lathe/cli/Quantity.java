package dev.lathe.cli;

import java.util.Locale;

/** Numbers as people read them. */
final class Quantity {
    private static final String[] BYTE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    private static final String[] COUNT_UNITS = {
        "", " thousand", " million", " billion", " trillion"
    };

    private Quantity() {}

    /** 1536 is {@code 1.50 KiB}. */
    static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return (unit == 0 ? Long.toString(bytes) : significant(value)) + " " + BYTE_UNITS[unit];
    }

    /** 134515008 is {@code 135 million}. */
    static String count(long count) {
        double value = count;
        int unit = 0;
        while (Math.abs(value) >= 1000 && unit < COUNT_UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return (unit == 0 ? Long.toString(count) : significant(value)) + COUNT_UNITS[unit];
    }

    /** 3725 seconds are {@code 1 h 02 min}. */
    static String duration(double seconds) {
        if (seconds < 10) {
            return format("%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        }
        if (whole < 3600) {
            return format("%d min %02d s", whole / 60, whole % 60);
        }
        return format("%d h %02d min", whole / 3600, whole % 3600 / 60);
    }

    /** 3725 seconds are {@code 1:02:05}, as clocks show them. */
    static String clock(long seconds) {
        return seconds < 3600
                ? format("%d:%02d", seconds / 60, seconds % 60)
                : format("%d:%02d:%02d", seconds / 3600, seconds % 3600 / 60, seconds % 60);
    }

    /** 0.5 is {@code 50.00 %}. */
    static String percent(double share) {
        return format("%.2f %%", 100 * share);
    }

    /** A number with three decimals. */
    static String decimal(double value) {
        return format("%.3f", value);
    }

    /** The root locale's format, whatever the user's is: output may be read by programs. */
    static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }

    private static String significant(double value) {
        return format(value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }
}
