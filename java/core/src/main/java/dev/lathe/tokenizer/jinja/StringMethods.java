package dev.lathe.tokenizer.jinja;

import dev.lathe.tokenizer.jinja.Arguments.Bound;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/** The methods of Python's {@code str} that templates use. */
final class StringMethods {
    @FunctionalInterface
    private interface Method {
        Object call(Session session, String text, Arguments arguments);
    }

    private static final Map<String, Method> METHODS =
            Map.ofEntries(
                    plain("upper", text -> text.toUpperCase(Locale.ROOT)),
                    plain("lower", text -> text.toLowerCase(Locale.ROOT)),
                    plain("casefold", text -> text.toLowerCase(Locale.ROOT)),
                    plain("capitalize", PythonText::capitalized),
                    plain("title", PythonText::titled),
                    check("isdigit", Character::isDigit),
                    check("isdecimal", Character::isDigit),
                    check("isnumeric", Character::isDigit),
                    check("isalpha", Character::isLetter),
                    check("isalnum", Character::isLetterOrDigit),
                    check("isspace", PythonText::isSpace),
                    Map.entry("isupper", (session, text, call) -> isCased(session, text, true)),
                    Map.entry("islower", (session, text, call) -> isCased(session, text, false)),
                    Map.entry(
                            "strip",
                            (session, text, call) -> strip(session, text, call, true, true)),
                    Map.entry(
                            "lstrip",
                            (session, text, call) -> strip(session, text, call, true, false)),
                    Map.entry(
                            "rstrip",
                            (session, text, call) -> strip(session, text, call, false, true)),
                    Map.entry(
                            "startswith",
                            (session, text, call) -> borders(session, text, call, true)),
                    Map.entry(
                            "endswith",
                            (session, text, call) -> borders(session, text, call, false)),
                    Map.entry("removeprefix", StringMethods::removePrefix),
                    Map.entry("removesuffix", StringMethods::removeSuffix),
                    Map.entry("split", (session, text, call) -> split(session, text, call, false)),
                    Map.entry("rsplit", (session, text, call) -> split(session, text, call, true)),
                    Map.entry("splitlines", StringMethods::splitLines),
                    Map.entry(
                            "partition",
                            (session, text, call) -> partition(session, text, call, false)),
                    Map.entry(
                            "rpartition",
                            (session, text, call) -> partition(session, text, call, true)),
                    Map.entry("replace", StringMethods::replace),
                    Map.entry("join", StringMethods::join),
                    Map.entry("count", StringMethods::count),
                    Map.entry("find", (session, text, call) -> find(session, text, call, false)),
                    Map.entry("rfind", (session, text, call) -> find(session, text, call, true)),
                    Map.entry("index", StringMethods::index),
                    Map.entry("zfill", StringMethods::zeroFill),
                    Map.entry("format", StringFormats::braces));

    private StringMethods() {}

    /** The method of a string, with the string. */
    static Optional<Function> find(Session session, String text, String name) {
        return Optional.ofNullable(METHODS.get(name))
                .map(
                        method ->
                                arguments -> {
                                    session.budget().scan(text.length());
                                    return method.call(session, text, arguments);
                                });
    }

    private static Map.Entry<String, Method> plain(String name, UnaryOperator<String> operation) {
        return Map.entry(
                name,
                (session, text, call) -> {
                    call.bind(name);
                    return session.made(operation.apply(text));
                });
    }

    private static Map.Entry<String, Method> check(String name, IntPredicate property) {
        return Map.entry(
                name,
                (session, text, call) -> {
                    call.bind(name);
                    return !text.isEmpty() && text.codePoints().allMatch(property);
                });
    }

    private static boolean isCased(Session session, String text, boolean upper) {
        IntPredicate wrong = upper ? Character::isLowerCase : Character::isUpperCase;
        IntPredicate right = upper ? Character::isUpperCase : Character::isLowerCase;
        return text.codePoints().noneMatch(wrong) && text.codePoints().anyMatch(right);
    }

    private static String strip(
            Session session, String text, Arguments call, boolean left, boolean right) {
        Bound bound = call.bind("strip", "chars");
        return strip(session, text, bound.get(0, null), left, right);
    }

    /** Strips white space, or the characters of a string. */
    static String strip(
            Session session, String text, Object characters, boolean left, boolean right) {
        IntPredicate stripped = PythonText::isSpace;
        if (characters instanceof String set) {
            session.budget().search(text.length(), set.length() * 8L);
            stripped = c -> set.indexOf(c) >= 0;
        } else if (characters != null) {
            throw Failure.unsupported("stripping", characters);
        }
        String rest = left ? PythonText.stripLeft(text, stripped) : text;
        return session.made(right ? PythonText.stripRight(rest, stripped) : rest);
    }

    private static boolean borders(Session session, String text, Arguments call, boolean start) {
        Bound bound = call.bind(start ? "startswith" : "endswith", "prefix");
        if (bound.require(0) instanceof Tuple tuple) {
            return tuple.stream()
                    .anyMatch(
                            part -> part instanceof String border && borders(text, border, start));
        }
        return borders(text, bound.text(0), start);
    }

    private static boolean borders(String text, String part, boolean start) {
        return start ? text.startsWith(part) : text.endsWith(part);
    }

    private static Object removePrefix(Session session, String text, Arguments call) {
        String prefix = call.bind("removeprefix", "prefix").text(0);
        return session.made(text.startsWith(prefix) ? text.substring(prefix.length()) : text);
    }

    private static Object removeSuffix(Session session, String text, Arguments call) {
        String suffix = call.bind("removesuffix", "suffix").text(0);
        int end = text.endsWith(suffix) ? text.length() - suffix.length() : text.length();
        return session.made(text.substring(0, end));
    }

    private static Object split(Session session, String text, Arguments call, boolean fromRight) {
        Bound bound = call.bind("split", "sep", "maxsplit");
        long limit = bound.integer(1, -1);
        limit = limit < 0 ? Long.MAX_VALUE : limit;
        session.budget().text(text.length());
        session.budget().search(text.length(), sought(bound));
        List<Object> parts =
                bound.get(0, null) == null
                        ? (fromRight
                                ? splitAtSpaceFromRight(text, limit)
                                : splitAtSpace(text, limit))
                        : splitAt(text, separator(bound), limit, fromRight);
        session.budget().work(parts.size());
        return parts;
    }

    private static long sought(Bound bound) {
        return bound.get(0, null) instanceof String text ? text.length() : 0;
    }

    private static String separator(Bound bound) {
        String separator = bound.text(0);
        if (separator.isEmpty()) {
            throw new Failure("a separator is empty");
        }
        return separator;
    }

    private static List<Object> splitAt(
            String text, String separator, long limit, boolean fromRight) {
        List<Object> parts = new ArrayList<>();
        int at = fromRight ? text.lastIndexOf(separator) : text.indexOf(separator);
        int start = 0;
        int end = text.length();
        while (at >= 0 && parts.size() < limit) {
            if (fromRight) {
                parts.add(text.substring(at + separator.length(), end));
                end = at;
                at =
                        end < separator.length()
                                ? -1
                                : text.lastIndexOf(separator, end - separator.length());
            } else {
                parts.add(text.substring(start, at));
                start = at + separator.length();
                at = text.indexOf(separator, start);
            }
        }
        parts.add(text.substring(start, end));
        if (fromRight) {
            Collections.reverse(parts);
        }
        return parts;
    }

    private static List<Object> splitAtSpace(String text, long limit) {
        List<Object> parts = new ArrayList<>();
        int start = skip(text, 0, 1, true);
        while (start < text.length() && parts.size() < limit) {
            int end = skip(text, start, 1, false);
            parts.add(text.substring(start, end));
            start = skip(text, end, 1, true);
        }
        if (start < text.length()) {
            parts.add(text.substring(start));
        }
        return parts;
    }

    private static List<Object> splitAtSpaceFromRight(String text, long limit) {
        List<Object> parts = new ArrayList<>();
        int end = skip(text, text.length(), -1, true);
        while (end > 0 && parts.size() < limit) {
            int start = skip(text, end, -1, false);
            parts.add(text.substring(start, end));
            end = skip(text, start, -1, true);
        }
        if (end > 0) {
            parts.add(text.substring(0, end));
        }
        Collections.reverse(parts);
        return parts;
    }

    /** Goes over characters that are space, or that are none. */
    private static int skip(String text, int from, int direction, boolean space) {
        int at = from;
        while (direction > 0 ? at < text.length() : at > 0) {
            if (PythonText.isSpace(text.charAt(direction > 0 ? at : at - 1)) != space) {
                break;
            }
            at += direction;
        }
        return at;
    }

    private static Object splitLines(Session session, String text, Arguments call) {
        call.bind("splitlines");
        session.budget().text(text.length());
        return new ArrayList<Object>(PythonText.lines(text));
    }

    private static Object partition(
            Session session, String text, Arguments call, boolean fromRight) {
        String separator = separator(call.bind("partition", "sep"));
        session.budget().text(text.length());
        session.budget().search(text.length(), separator.length());
        int at = fromRight ? text.lastIndexOf(separator) : text.indexOf(separator);
        if (at < 0) {
            return new Tuple(fromRight ? List.of("", "", text) : List.of(text, "", ""));
        }
        return new Tuple(
                List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
    }

    private static Object replace(Session session, String text, Arguments call) {
        Bound bound = call.bind("replace", "old", "new", "count");
        return replace(session, text, bound.text(0), bound.text(1), bound.integer(2, -1));
    }

    /** Replaces the first occurrences of a part; negative: all. */
    static String replace(Session session, String text, String old, String with, long count) {
        session.budget().search(text.length(), old.length());
        long occurrences = Math.min(occurrences(text, old), count < 0 ? Long.MAX_VALUE : count);
        long added = Math.max(0, (long) with.length() - old.length());
        session.budget().text(text.length() + occurrences * added);
        if (old.isEmpty()) {
            return replaceBetween(text, with, occurrences);
        }
        StringBuilder replaced = new StringBuilder();
        int start = 0;
        for (long i = 0; i < occurrences; i++) {
            int at = text.indexOf(old, start);
            replaced.append(text, start, at).append(with);
            start = at + old.length();
        }
        return replaced.append(text, start, text.length()).toString();
    }

    /** An empty text stands before every character and at the end. */
    private static String replaceBetween(String text, String with, long count) {
        StringBuilder replaced = new StringBuilder();
        int[] characters = text.codePoints().toArray();
        for (int i = 0; i <= characters.length; i++) {
            replaced.append(i < count ? with : "");
            if (i < characters.length) {
                replaced.appendCodePoint(characters[i]);
            }
        }
        return replaced.toString();
    }

    private static long occurrences(String text, String part) {
        if (part.isEmpty()) {
            return PythonText.length(text) + 1L;
        }
        long count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    private static Object join(Session session, String text, Arguments call) {
        StringBuilder joined = new StringBuilder();
        List<Object> parts = session.access().elements(call.bind("join", "iterable").require(0));
        for (int i = 0; i < parts.size(); i++) {
            if (!(Markup.plain(parts.get(i)) instanceof String part)) {
                throw Failure.unsupported("joining", parts.get(i));
            }
            session.budget().text((long) text.length() + part.length());
            joined.append(i == 0 ? "" : text).append(part);
        }
        return joined.toString();
    }

    private static Object count(Session session, String text, Arguments call) {
        String part = call.bind("count", "sub").text(0);
        session.budget().search(text.length(), part.length());
        return occurrences(text, part);
    }

    private static Object find(Session session, String text, Arguments call, boolean fromRight) {
        String part = call.bind("find", "sub").text(0);
        session.budget().search(text.length(), part.length());
        int at = fromRight ? text.lastIndexOf(part) : text.indexOf(part);
        return at < 0 ? -1L : (long) text.codePointCount(0, at);
    }

    private static Object index(Session session, String text, Arguments call) {
        Object at = find(session, text, call, false);
        if (at.equals(-1L)) {
            throw new Failure("index() found no such text");
        }
        return at;
    }

    private static Object zeroFill(Session session, String text, Arguments call) {
        Bound bound = call.bind("zfill", "width");
        bound.require(0);
        long missing = Math.max(0, bound.integer(0, 0) - PythonText.length(text));
        session.budget().text(text.length() + missing);
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String sign = signed ? text.substring(0, 1) : "";
        return sign + "0".repeat((int) missing) + text.substring(sign.length());
    }
}
