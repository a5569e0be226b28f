package dev.lathe.tokenizer.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens and applies the rules for white space around tags: a line end after a
 * statement or a comment is dropped, and so are blanks between the start of a line and the tag;
 * {@code -} strips all white space on its side, {@code +} none.
 */
final class Lexer {
    private static final List<String> OPERATORS =
            List.of(
                    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(",
                    ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    private int line = 1;

    /** Whether what was read last ended a line; true at the start. */
    private boolean atLineStart = true;

    private Lexer(String source) {
        this.source = source;
    }

    /**
     * Cuts a template.
     *
     * @param template the text; line ends of any kind become {@code \n}, and the last one is
     *     dropped
     * @return tokens, the last of kind {@link Token.Kind#END}
     * @throws TemplateException if a tag, a string or a bracket is not closed
     */
    static List<Token> tokens(String template) {
        String text = template.replace("\r\n", "\n").replace('\r', '\n');
        Lexer lexer = new Lexer(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
        while (lexer.position < lexer.source.length()) {
            lexer.readTextAndTag();
        }
        lexer.add(Token.Kind.END, "");
        return lexer.tokens;
    }

    private void add(Token.Kind kind, String text) {
        tokens.add(new Token(kind, text, line));
    }

    /** Moves on, counting lines. */
    private void advanceTo(int end) {
        for (int i = position; i < end; i++) {
            if (source.charAt(i) == '\n') {
                line++;
            }
        }
        atLineStart = end > position ? source.charAt(end - 1) == '\n' : atLineStart;
        position = end;
    }

    private void readTextAndTag() {
        int tag = nextTag(position);
        if (tag < 0) {
            addText(source.substring(position));
            advanceTo(source.length());
            return;
        }
        char kind = source.charAt(tag + 1);
        int after = tag + 2;
        char sign = after < source.length() ? source.charAt(after) : ' ';
        boolean signed = sign == '-' || sign == '+';
        addText(trimmedBeforeTag(source.substring(position, tag), sign, kind != '{'));
        advanceTo(signed ? after + 1 : after);
        switch (kind) {
            case '#' -> skipComment();
            case '{' -> readExpressions(Token.Kind.OUTPUT_BEGIN, Token.Kind.OUTPUT_END, "}}");
            default -> readBlock();
        }
    }

    private int nextTag(int from) {
        for (int i = source.indexOf('{', from); i >= 0; i = source.indexOf('{', i + 1)) {
            if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private void addText(String text) {
        if (!text.isEmpty()) {
            add(Token.Kind.TEXT, text);
        }
    }

    private String trimmedBeforeTag(String text, char sign, boolean statement) {
        if (sign == '-') {
            return PythonText.stripRight(text, PythonText::isSpace);
        }
        if (sign == '+' || !statement) {
            return text;
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        boolean startsLine = lineStart > 0 || atLineStart;
        return startsLine && text.substring(lineStart).chars().allMatch(PythonText::isSpace)
                ? text.substring(0, lineStart)
                : text;
    }

    private void skipComment() {
        int end = source.indexOf("#}", position);
        if (end < 0) {
            throw new TemplateException(line, "missing end of comment tag");
        }
        endTag(end, "#}", true);
    }

    /** Passes the end of a tag, which may carry a sign, and the white space that it swallows. */
    private void endTag(int end, String delimiter, boolean swallowsLineEnd) {
        char sign = end > position ? source.charAt(end - 1) : ' ';
        int after = end + delimiter.length();
        if (sign == '-') {
            while (after < source.length() && PythonText.isSpace(source.charAt(after))) {
                after++;
            }
        } else if (sign != '+' && swallowsLineEnd && source.startsWith("\n", after)) {
            after++;
        }
        advanceTo(after);
    }

    private void readBlock() {
        int name = skipSpace(position);
        if (source.startsWith("raw", name)) {
            int end = skipSpace(name + 3);
            if (source.startsWith("-%}", end) || source.startsWith("%}", end)) {
                readRaw(end);
                return;
            }
        }
        readExpressions(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, "%}");
    }

    private int skipSpace(int from) {
        int at = from;
        while (at < source.length() && PythonText.isSpace(source.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Reads text up to {@code endraw} as it stands. */
    private void readRaw(int openingEnd) {
        boolean stripped = source.charAt(openingEnd) == '-';
        advanceTo(stripped ? openingEnd + 1 : openingEnd);
        endRawOpening(stripped);
        for (int tag = source.indexOf("{%", position);
                tag >= 0;
                tag = source.indexOf("{%", tag + 2)) {
            char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
            int name = skipSpace(sign == '-' || sign == '+' ? tag + 3 : tag + 2);
            if (!source.startsWith("endraw", name)) {
                continue;
            }
            int end = skipSpace(name + 6);
            if (end < source.length() && "-+".indexOf(source.charAt(end)) >= 0) {
                end++;
            }
            if (source.startsWith("%}", end)) {
                addText(trimmedBeforeTag(source.substring(position, tag), sign, true));
                advanceTo(name + 6);
                endTag(end, "%}", true);
                return;
            }
        }
        throw new TemplateException(line, "missing end of raw directive");
    }

    /** A line end after {@code raw} stays, unlike after other statements. */
    private void endRawOpening(boolean stripped) {
        int after = position + 2;
        advanceTo(stripped ? skipSpace(after) : after);
    }

    private void readExpressions(Token.Kind begin, Token.Kind end, String delimiter) {
        add(begin, "");
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            position = skipSpaceCountingLines();
            if (position >= source.length()) {
                throw new TemplateException(line, "a tag is not closed");
            }
            if (open.isEmpty() && endsTag(delimiter)) {
                add(end, "");
                int at = source.startsWith(delimiter, position) ? position : position + 1;
                endTag(at, delimiter, end == Token.Kind.BLOCK_END);
                return;
            }
            readExpressionToken(open);
        }
    }

    private int skipSpaceCountingLines() {
        int end = skipSpace(position);
        advanceTo(end);
        return end;
    }

    private boolean endsTag(String delimiter) {
        boolean sign =
                source.charAt(position) == '-'
                        || source.charAt(position) == '+' && delimiter.equals("%}");
        return source.startsWith(delimiter, position)
                || sign && source.startsWith(delimiter, position + 1);
    }

    private void readExpressionToken(Deque<Character> open) {
        char first = source.charAt(position);
        if (first == '\'' || first == '"') {
            readString(first);
        } else if (first >= '0' && first <= '9') {
            readNumber();
        } else if (Character.isUnicodeIdentifierStart(first) || first == '_') {
            int end = position + 1;
            while (end < source.length()
                    && (Character.isUnicodeIdentifierPart(source.charAt(end))
                            || source.charAt(end) == '_')) {
                end++;
            }
            take(Token.Kind.NAME, end);
        } else {
            String operator =
                    OPERATORS.stream()
                            .filter(candidate -> source.startsWith(candidate, position))
                            .findFirst()
                            .orElseThrow(
                                    () ->
                                            new TemplateException(
                                                    line, "unexpected character '" + first + "'"));
            balance(operator, open);
            take(Token.Kind.OPERATOR, position + operator.length());
        }
    }

    private void take(Token.Kind kind, int end) {
        add(kind, source.substring(position, end));
        advanceTo(end);
    }

    private void balance(String operator, Deque<Character> open) {
        switch (operator) {
            case "(" -> open.push(')');
            case "[" -> open.push(']');
            case "{" -> open.push('}');
            case ")", "]", "}" -> {
                if (open.isEmpty() || open.pop() != operator.charAt(0)) {
                    throw new TemplateException(line, "unexpected '" + operator + "'");
                }
            }
            default -> {}
        }
    }

    private void readNumber() {
        int end = digits(position);
        boolean fraction =
                end + 1 < source.length()
                        && source.charAt(end) == '.'
                        && Character.isDigit(source.charAt(end + 1));
        if (fraction) {
            end = digits(end + 1);
        }
        int exponent = end;
        if (exponent < source.length() && "eE".indexOf(source.charAt(exponent)) >= 0) {
            exponent++;
            if (exponent < source.length() && "+-".indexOf(source.charAt(exponent)) >= 0) {
                exponent++;
            }
            int exponentEnd = digits(exponent);
            if (exponentEnd > exponent) {
                end = exponentEnd;
                fraction = true;
            }
        }
        add(
                fraction ? Token.Kind.FLOAT : Token.Kind.INTEGER,
                source.substring(position, end).replace("_", ""));
        advanceTo(end);
    }

    private int digits(int from) {
        int end = from;
        while (end < source.length()
                && (source.charAt(end) >= '0' && source.charAt(end) <= '9'
                        || source.charAt(end) == '_')) {
            end++;
        }
        return end;
    }

    private void readString(char quote) {
        StringBuilder text = new StringBuilder();
        int at = position + 1;
        while (at < source.length() && source.charAt(at) != quote) {
            char c = source.charAt(at);
            if (c == '\\' && at + 1 < source.length()) {
                at = readEscape(at + 1, text);
            } else {
                text.append(c);
                at++;
            }
        }
        if (at >= source.length()) {
            throw new TemplateException(line, "a string is not closed");
        }
        add(Token.Kind.STRING, text.toString());
        advanceTo(at + 1);
    }

    /** Reads what follows a backslash, as Python does; an unknown escape stays as it is. */
    private int readEscape(int at, StringBuilder text) {
        char c = source.charAt(at);
        int simple = "abfnrtv\\'\"".indexOf(c);
        if (simple >= 0) {
            text.append("\u0007\b\f\n\r\t\u000B\\'\"".charAt(simple));
            return at + 1;
        }
        if (c == '\n') {
            return at + 1;
        }
        if (c >= '0' && c <= '7') {
            int end = at;
            while (end < at + 3
                    && end < source.length()
                    && source.charAt(end) >= '0'
                    && source.charAt(end) <= '7') {
                end++;
            }
            text.appendCodePoint(Integer.parseInt(source.substring(at, end), 8));
            return end;
        }
        int length = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (length == 0) {
            text.append('\\').append(c);
            return at + 1;
        }
        return readHexadecimal(at + 1, length, text);
    }

    private int readHexadecimal(int at, int length, StringBuilder text) {
        int end = at + length;
        int codePoint = 0;
        for (int i = at; i < end; i++) {
            int digit = i < source.length() ? Character.digit(source.charAt(i), 16) : -1;
            codePoint = codePoint << 4 | digit;
            if (digit < 0 || !Character.isValidCodePoint(codePoint)) {
                throw new TemplateException(line, "a string has an escape without its digits");
            }
        }
        text.appendCodePoint(codePoint);
        return end;
    }
}
