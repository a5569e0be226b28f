package dev.lathe.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Python's arithmetic; integers are those of 64 bits, and more is a failure. */
final class Arithmetic {
    private final Session session;

    Arithmetic(Session session) {
        this.session = session;
    }

    static long whole(Object number) {
        if (number instanceof Boolean truth) {
            return truth ? 1 : 0;
        }
        return (Long) number;
    }

    static double real(Object number) {
        return number instanceof Double real ? real : whole(number);
    }

    Object unary(String operator, Object operand) {
        if (operator.equals("not")) {
            return !Values.isTrue(operand);
        }
        if (!Values.isNumber(operand)) {
            throw Failure.unsupported("'" + operator + "'", operand);
        }
        boolean negative = operator.equals("-");
        if (operand instanceof Double number) {
            return negative ? -number : number;
        }
        return negative ? exact(() -> Math.negateExact(whole(operand))) : whole(operand);
    }

    Object binary(String operator, Object left, Object right) {
        session.budget().step();
        if (Values.isNumber(left) && Values.isNumber(right)) {
            boolean reals = left instanceof Double || right instanceof Double;
            return reals
                    ? ofReals(operator, real(left), real(right))
                    : ofWholes(operator, whole(left), whole(right));
        }
        if (operator.equals("+")) {
            return left instanceof Markup || right instanceof Markup
                    ? joinedMarkup(left, right)
                    : concatenated(left, right);
        }
        if (operator.equals("*")) {
            return repeated(left, right);
        }
        if (operator.equals("%") && left instanceof String format) {
            return StringFormats.percent(session, format, right);
        }
        throw incompatible(operator, left, right);
    }

    private static Failure incompatible(String operator, Object left, Object right) {
        for (Object value : new Object[] {left, right}) {
            if (value instanceof Undefined undefined) {
                return undefined.failure();
            }
        }
        return new Failure(
                String.format(
                        "'%s' is not possible between a %s and a %s",
                        operator, Values.typeName(left), Values.typeName(right)));
    }

    private static Object ofReals(String operator, double left, double right) {
        return switch (operator) {
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "**" -> Math.pow(left, right);
            case "/" -> left / divisor(right);
            case "//" -> Math.floor(left / divisor(right));
            default -> left - Math.floor(left / divisor(right)) * right;
        };
    }

    private static double divisor(double value) {
        if (value == 0) {
            throw new Failure("division by zero");
        }
        return value;
    }

    private static Object ofWholes(String operator, long left, long right) {
        return switch (operator) {
            case "+" -> exact(() -> Math.addExact(left, right));
            case "-" -> exact(() -> Math.subtractExact(left, right));
            case "*" -> exact(() -> Math.multiplyExact(left, right));
            case "**" -> power(left, right);
            case "/" -> left / divisor(right);
            case "//" -> Math.floorDiv(left, (long) divisor(right));
            default -> Math.floorMod(left, (long) divisor(right));
        };
    }

    private static Object power(long base, long exponent) {
        if (exponent < 0) {
            return Math.pow(divisor(base), exponent);
        }
        long result = 1;
        long square = base;
        for (long rest = exponent; rest > 0; rest >>= 1) {
            long factor = square;
            long before = result;
            if ((rest & 1) == 1) {
                result = exact(() -> Math.multiplyExact(before, factor));
            }
            if (rest > 1) {
                square = exact(() -> Math.multiplyExact(factor, factor));
            }
        }
        return result;
    }

    private static long exact(LongSupplier operation) {
        try {
            return operation.getAsLong();
        } catch (ArithmeticException e) {
            throw new Failure("an integer is too large");
        }
    }

    private Markup joinedMarkup(Object left, Object right) {
        for (Object part : new Object[] {left, right}) {
            if (!(part instanceof Markup) && !(part instanceof String)) {
                throw incompatible("+", left, right);
            }
        }
        return new Markup(
                (String)
                        concatenated(
                                Markup.escaped(session, left).text(),
                                Markup.escaped(session, right).text()));
    }

    private Object concatenated(Object left, Object right) {
        if (left instanceof String a && right instanceof String b) {
            session.budget().text((long) a.length() + b.length());
            return a + b;
        }
        if (left instanceof List<?> a
                && right instanceof List<?> b
                && a instanceof Tuple == b instanceof Tuple) {
            session.budget().work((long) a.size() + b.size());
            List<Object> all = new ArrayList<>(a);
            all.addAll(b);
            return a instanceof Tuple ? new Tuple(all) : all;
        }
        throw incompatible("+", left, right);
    }

    private Object repeated(Object left, Object right) {
        boolean countFirst = left instanceof Long || left instanceof Boolean;
        Object sequence = countFirst ? right : left;
        Object count = countFirst ? left : right;
        if (count instanceof Long || count instanceof Boolean) {
            long times = Math.max(0, whole(count));
            if (sequence instanceof String text) {
                session.budget().text(product(text.length(), times));
                return text.repeat(text.isEmpty() ? 0 : (int) times);
            }
            if (sequence instanceof List<?> list) {
                session.budget().work(product(list.size(), times));
                List<Object> all = new ArrayList<>();
                for (long i = 0; !list.isEmpty() && i < times; i++) {
                    all.addAll(list);
                }
                return list instanceof Tuple ? new Tuple(all) : all;
            }
        }
        throw incompatible("*", left, right);
    }

    private static long product(long length, long times) {
        return exact(() -> Math.multiplyExact(length, times));
    }
}
