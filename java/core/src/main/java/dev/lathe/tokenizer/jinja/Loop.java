package dev.lathe.tokenizer.jinja;

import java.util.List;
import java.util.function.UnaryOperator;

/** What a loop's body knows about the loop: the variable {@code loop}. */
final class Loop implements Function {
    private final Session session;
    private final List<Object> elements;
    private final long depth;
    private final UnaryOperator<Object> recursion;
    private int index;
    private Object lastChecked = Undefined.variable("changed");

    /**
     * Begins a loop.
     *
     * @param elements what it goes over
     * @param depth loops of the same statement around it
     * @param recursion runs the statement over other elements
     */
    Loop(Session session, List<Object> elements, long depth, UnaryOperator<Object> recursion) {
        this.session = session;
        this.elements = elements;
        this.depth = depth;
        this.recursion = recursion;
    }

    void moveTo(int position) {
        index = position;
    }

    Object attribute(String name) {
        int size = elements.size();
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) size - index;
            case "revindex0" -> size - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == size - 1;
            case "length" -> (long) size;
            case "depth" -> depth + 1;
            case "depth0" -> depth;
            case "previtem" -> neighbor(index - 1, "previous");
            case "nextitem" -> neighbor(index + 1, "next");
            case "cycle" -> (Function) this::cycle;
            case "changed" -> (Function) this::changed;
            default -> new Undefined("a loop has no attribute '" + name + "'");
        };
    }

    private Object neighbor(int position, String which) {
        return position >= 0 && position < elements.size()
                ? elements.get(position)
                : new Undefined("there is no " + which + " item");
    }

    private Object cycle(Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw new Failure("no items for cycling given");
        }
        return arguments.positional().get(index % arguments.positional().size());
    }

    private Object changed(Arguments arguments) {
        Object values = new Tuple(arguments.positional());
        boolean changed = !session.comparer().equal(values, lastChecked);
        lastChecked = values;
        return changed;
    }

    /** Runs a recursive loop again, over other elements. */
    @Override
    public Object call(Arguments arguments) {
        return recursion.apply(arguments.bind("loop", "iterable").require(0));
    }
}
