package dev.lathe.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 8g}, {@code 512m}, {@code 1.5G} or plain bytes. */
final class MemorySize implements ITypeConverter<Long> {
    private static final Pattern SIZE =
            Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)([kmgt]?)(?:i?b)?");
    private static final Map<String, Integer> SHIFTS =
            Map.of("", 0, "k", 10, "m", 20, "g", 30, "t", 40);

    @Override
    public Long convert(String text) {
        Matcher size = SIZE.matcher(text.trim().toLowerCase(Locale.ROOT));
        if (!size.matches()) {
            throw new TypeConversionException("'" + text + "' is no size such as 8g or 512m");
        }
        BigDecimal unit = BigDecimal.valueOf(1L << SHIFTS.get(size.group(2)));
        BigDecimal bytes = new BigDecimal(size.group(1)).multiply(unit);
        if (bytes.signum() == 0 || bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new TypeConversionException("'" + text + "' is out of range");
        }
        return bytes.longValue();
    }
}
