package dev.lathe.tokenizer.jinja;

import dev.lathe.tokenizer.jinja.Arguments.Bound;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters after {@code |} that work on texts and numbers, and the way to all others. */
final class Filters {
    @FunctionalInterface
    interface Filter {
        Object apply(Session session, Object value, Arguments arguments);
    }

    private static final Map<String, Filter> FILTERS = new HashMap<>();

    static {
        FILTERS.put("string", (session, value, call) -> text(session, value));
        FILTERS.put("safe", (session, value, call) -> new Markup(session.text(value)));
        FILTERS.put("trim", Filters::trim);
        FILTERS.put("upper", byMethod("upper"));
        FILTERS.put("lower", byMethod("lower"));
        FILTERS.put("title", (session, value, call) -> title(session, session.text(value)));
        FILTERS.put("capitalize", byMethod("capitalize"));
        FILTERS.put("replace", Filters::replace);
        FILTERS.put("indent", Filters::indent);
        FILTERS.put("format", Filters::format);
        FILTERS.put("escape", Filters::escape);
        FILTERS.put("e", Filters::escape);
        FILTERS.put("wordcount", Filters::wordCount);
        FILTERS.put("tojson", JsonText::filter);
        FILTERS.put("default", Filters::otherwise);
        FILTERS.put("d", Filters::otherwise);
        FILTERS.put("int", Filters::whole);
        FILTERS.put("float", Filters::real);
        FILTERS.put("abs", Filters::magnitude);
        FILTERS.put("round", Filters::round);
        FILTERS.put("attr", Filters::attribute);
        FILTERS.putAll(SequenceFilters.FILTERS);
    }

    private Filters() {}

    static boolean exists(String name) {
        return FILTERS.containsKey(name);
    }

    static Object apply(Session session, String name, Object value, Arguments arguments) {
        session.budget().scan(value instanceof String text ? text.length() : 0);
        Filter filter = FILTERS.get(name);
        if (filter == null) {
            throw new Failure("no filter named '" + name + "'");
        }
        return filter.apply(session, value, arguments);
    }

    private static Filter byMethod(String name) {
        return (session, value, call) ->
                StringMethods.find(session, session.text(value), name).orElseThrow().call(call);
    }

    private static Object trim(Session session, Object value, Arguments call) {
        Object characters = call.bind("trim", "chars").get(0, null);
        String text = StringMethods.strip(session, session.text(value), characters, true, true);
        return value instanceof Markup ? new Markup(text) : text;
    }

    /** Raises the first letter after white space and some brackets, and lowers all others. */
    private static String title(Session session, String text) {
        StringBuilder title = new StringBuilder(text.length());
        boolean starts = true;
        for (int c : session.made(text).codePoints().toArray()) {
            title.appendCodePoint(starts ? Character.toUpperCase(c) : Character.toLowerCase(c));
            starts = PythonText.isSpace(c) || "-([{<".indexOf(c) >= 0;
        }
        return title.toString();
    }

    private static Object replace(Session session, Object value, Arguments call) {
        Bound bound = call.bind("replace", "old", "new", "count");
        Object count = bound.get(2, null);
        return StringMethods.replace(
                session,
                session.text(value),
                session.text(bound.require(0)),
                session.text(bound.require(1)),
                count == null ? -1 : bound.integer(2, -1));
    }

    private static Object indent(Session session, Object value, Arguments call) {
        Bound bound = call.bind("indent", "width", "first", "blank");
        String indent = indentation(bound);
        List<String> lines = PythonText.lines(session.text(value) + "\n");
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean indented =
                    i == 0 ? bound.truth(1, false) : bound.truth(2, false) || !line.isEmpty();
            session.budget().text(line.length() + (indented ? indent.length() : 0) + 1L);
            text.append(i == 0 ? "" : "\n").append(indented ? indent : "").append(line);
        }
        return text.toString();
    }

    private static String indentation(Bound bound) {
        if (bound.get(0, null) instanceof String text) {
            return text;
        }
        long width = Math.max(0, bound.integer(0, 4));
        if (width > 1000) {
            throw new Failure("an indent of " + width + " is too wide");
        }
        return " ".repeat((int) width);
    }

    private static Object format(Session session, Object value, Arguments call) {
        return StringFormats.percent(session, session.text(value), new Tuple(call.positional()));
    }

    private static Object escape(Session session, Object value, Arguments call) {
        call.bind("escape");
        return Markup.escaped(session, value);
    }

    private static Object text(Session session, Object value) {
        return value instanceof Markup ? value : session.text(value);
    }

    private static Object wordCount(Session session, Object value, Arguments call) {
        long words = 0;
        boolean inWord = false;
        for (int c : session.made(session.text(value)).codePoints().toArray()) {
            boolean word = Character.isLetterOrDigit(c) || c == '_';
            words += word && !inWord ? 1 : 0;
            inWord = word;
        }
        return words;
    }

    private static Object otherwise(Session session, Object value, Arguments call) {
        Bound bound = call.bind("default", "default_value", "boolean");
        boolean absent =
                value instanceof Undefined || bound.truth(1, false) && !Values.isTrue(value);
        return absent ? bound.get(0, "") : value;
    }

    private static Object whole(Session session, Object value, Arguments call) {
        Bound bound = call.bind("int", "default", "base");
        int base = (int) bound.integer(1, 10);
        Object otherwise = bound.get(0, 0L);
        try {
            if (value instanceof Double number) {
                return Double.isFinite(number)
                        ? new BigDecimal(number).toBigInteger().longValueExact()
                        : otherwise;
            }
            if (Values.isNumber(value)) {
                return Arithmetic.whole(value);
            }
            if (value instanceof Undefined undefined) {
                throw undefined.failure();
            }
            if (!(value instanceof String text)) {
                return otherwise;
            }
            return parseWhole(text.strip().replace("_", ""), base);
        } catch (NumberFormatException e) {
            return otherwise;
        } catch (ArithmeticException e) {
            throw new Failure("an integer is too large");
        }
    }

    /** Text that is a float is cut, as Jinja2 does. */
    private static Object parseWhole(String text, int base) {
        try {
            String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "-";
            boolean prefixed = text.toLowerCase(Locale.ROOT).startsWith(prefix) && base != 10;
            return Long.parseLong(prefixed ? text.substring(2) : text, base);
        } catch (NumberFormatException e) {
            return (long) parseReal(text);
        }
    }

    private static double parseReal(String text) {
        boolean plain = text.chars().allMatch(c -> c >= '0' && c <= '9' || "+-.eE".indexOf(c) >= 0);
        if (!plain) {
            throw new NumberFormatException(text);
        }
        return Double.parseDouble(text);
    }

    private static Object real(Session session, Object value, Arguments call) {
        Object otherwise = call.bind("float", "default").get(0, 0.0);
        if (Values.isNumber(value)) {
            return Arithmetic.real(value);
        }
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        try {
            return value instanceof String text ? parseReal(text.strip()) : otherwise;
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static Object magnitude(Session session, Object value, Arguments call) {
        call.bind("abs");
        if (value instanceof Double number) {
            return Math.abs(number);
        }
        if (!Values.isNumber(value)) {
            throw Failure.unsupported("abs", value);
        }
        boolean negative = Arithmetic.whole(value) < 0;
        return session.arithmetic().unary(negative ? "-" : "+", value);
    }

    /** Rounds to even at half, as Python does; an integer stays one unless cut up or down. */
    private static Object round(Session session, Object value, Arguments call) {
        Bound bound = call.bind("round", "precision", "method");
        if (!Values.isNumber(value)) {
            throw Failure.unsupported("round", value);
        }
        double number = Arithmetic.real(value);
        RoundingMode mode =
                switch (session.text(bound.get(1, "common")).toLowerCase(Locale.ROOT)) {
                    case "common" -> RoundingMode.HALF_EVEN;
                    case "ceil" -> RoundingMode.CEILING;
                    case "floor" -> RoundingMode.FLOOR;
                    default -> throw new Failure("round() knows common, ceil and floor");
                };
        long precision = bound.integer(0, 0);
        boolean whole = !(value instanceof Double) && mode == RoundingMode.HALF_EVEN;
        if (whole && precision >= 0 || !Double.isFinite(number)) {
            return value;
        }
        if (Math.abs(precision) > 300) {
            throw new Failure("round() to " + precision + " places is not possible");
        }
        return new BigDecimal(number).setScale((int) precision, mode).doubleValue();
    }

    private static Object attribute(Session session, Object value, Arguments call) {
        return session.access().attribute(value, call.bind("attr", "name").text(0));
    }
}
