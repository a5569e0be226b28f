package dev.lathe.compress;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import dev.lathe.UsageException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sizes of files as people state them: {@code 3.2g} is 3.2 · 10⁹ bytes, as model hubs count; {@code
 * 3.2gib} is 3.2 · 2³⁰.
 */
public final class FileSize {
    private static final Pattern SIZE =
            Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)\\s*([kmgt]?)(i?)b?");
    private static final Map<String, Integer> POWERS =
            Map.of("", 0, "k", 1, "m", 2, "g", 3, "t", 4);

    private FileSize() {}

    /**
     * Reads a size.
     *
     * @param text such as {@code 3.2g}, {@code 650m}, {@code 1.5GiB} or plain bytes
     * @return bytes
     * @throws UsageException if it is no size, or 0 or too large
     */
    public static long parse(String text) {
        Matcher size = SIZE.matcher(text.trim().toLowerCase(Locale.ROOT));
        boolean binary = size.matches() && !size.group(3).isEmpty();
        if (!size.matches() || (binary && size.group(2).isEmpty())) {
            throw new UsageException("'" + text + "' is no size such as 3.2g or 650m");
        }
        BigDecimal unit = BigDecimal.valueOf(binary ? 1024 : 1000).pow(POWERS.get(size.group(2)));
        BigDecimal bytes = new BigDecimal(size.group(1)).multiply(unit);
        if (bytes.compareTo(BigDecimal.ONE) < 0
                || bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new UsageException("size '" + text + "' is out of range");
        }
        return bytes.longValue();
    }

    /**
     * Writes a size as model hubs do.
     *
     * @param bytes the size
     * @return such as {@code 131.2 GB}
     */
    public static String text(long bytes) {
        String[] units = {"bytes", "kB", "MB", "GB", "TB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        String number = unit == 0 ? "%.0f" : value < 10 ? "%.3f" : value < 100 ? "%.2f" : "%.1f";
        return String.format(Locale.ROOT, number + " %s", value, units[unit]);
    }

    /** Reads the field of a recipe: a number of bytes or a text. */
    static final class Reader extends StdDeserializer<Long> {
        private static final long serialVersionUID = 1;

        Reader() {
            super(Long.class);
        }

        @Override
        public Long deserialize(JsonParser parser, DeserializationContext context)
                throws IOException {
            try {
                return parse(parser.getText());
            } catch (UsageException e) {
                throw context.weirdStringException(parser.getText(), Long.class, e.getMessage());
            }
        }
    }
}
