package dev.lathe.tokenizer.jinja;

import dev.lathe.tokenizer.jinja.Statement.Branch;
import dev.lathe.tokenizer.jinja.Statement.CallBlock;
import dev.lathe.tokenizer.jinja.Statement.FilterBlock;
import dev.lathe.tokenizer.jinja.Statement.For;
import dev.lathe.tokenizer.jinja.Statement.Group;
import dev.lathe.tokenizer.jinja.Statement.If;
import dev.lathe.tokenizer.jinja.Statement.Jump;
import dev.lathe.tokenizer.jinja.Statement.Macro;
import dev.lathe.tokenizer.jinja.Statement.MacroDefinition;
import dev.lathe.tokenizer.jinja.Statement.Output;
import dev.lathe.tokenizer.jinja.Statement.SetBlock;
import dev.lathe.tokenizer.jinja.Statement.Target;
import dev.lathe.tokenizer.jinja.Statement.Text;
import dev.lathe.tokenizer.jinja.Statement.With;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs statements. */
final class Renderer {
    private final Session session;
    private final Evaluator evaluator;
    private int line = 1;

    /** How a list of statements ended. */
    private enum Ending {
        REGULAR,
        BREAK,
        CONTINUE
    }

    Renderer(Session session) {
        this.session = session;
        this.evaluator = new Evaluator(session);
    }

    /** The line of the statement that ran last. */
    int line() {
        return line;
    }

    String render(List<Statement> statements, Scope scope) {
        StringBuilder output = new StringBuilder();
        run(statements, scope, output);
        return output.toString();
    }

    private Ending run(List<Statement> statements, Scope scope, StringBuilder output) {
        for (Statement statement : statements) {
            line = statement.line();
            session.budget().step();
            Ending ending = run(statement, scope, output);
            if (ending != Ending.REGULAR) {
                return ending;
            }
        }
        return Ending.REGULAR;
    }

    private Ending run(Statement statement, Scope scope, StringBuilder output) {
        if (statement instanceof Text text) {
            output.append(session.made(text.text()));
        } else if (statement instanceof Output value) {
            output.append(session.made(session.text(evaluator.evaluate(value.value(), scope))));
        } else if (statement instanceof If choice) {
            return runIf(choice, scope, output);
        } else if (statement instanceof For loop) {
            runLoop(loop, evaluator.evaluate(loop.sequence(), scope), 0, scope, output);
        } else if (statement instanceof Jump jump) {
            return jump.leaves() ? Ending.BREAK : Ending.CONTINUE;
        } else if (statement instanceof Statement.Set set) {
            assign(set.target(), evaluator.evaluate(set.value(), scope), scope);
        } else if (statement instanceof Macro macro) {
            scope.set(macro.definition().name(), function(macro.definition(), scope));
        } else {
            return runBlock(statement, scope, output);
        }
        return Ending.REGULAR;
    }

    private Ending runBlock(Statement statement, Scope scope, StringBuilder output) {
        if (statement instanceof With with) {
            Scope inner = new Scope(scope);
            for (int i = 0; i < with.targets().size(); i++) {
                assign(
                        with.targets().get(i),
                        evaluator.evaluate(with.values().get(i), scope),
                        inner);
            }
            return run(with.body(), inner, output);
        }
        if (statement instanceof Group group) {
            return run(group.body(), new Scope(scope), output);
        }
        if (statement instanceof SetBlock set) {
            Object text = render(set.body(), new Scope(scope));
            Object value =
                    set.filter().isPresent()
                            ? evaluator.filterBlock(set.filter().get(), text, scope)
                            : text;
            assign(set.target(), value, scope);
        } else if (statement instanceof FilterBlock block) {
            String text = render(block.body(), new Scope(scope));
            Object filtered = evaluator.filterBlock(block.filter(), text, scope);
            output.append(session.made(session.text(filtered)));
        } else if (statement instanceof CallBlock block) {
            Map<String, Object> caller = Map.of("caller", function(block.caller(), scope));
            Object result = evaluator.invoke(block.call(), scope, caller);
            output.append(session.made(session.text(result)));
        }
        return Ending.REGULAR;
    }

    private Ending runIf(If choice, Scope scope, StringBuilder output) {
        for (Branch branch : choice.branches()) {
            if (Values.isTrue(evaluator.evaluate(branch.condition(), scope))) {
                return run(branch.body(), scope, output);
            }
        }
        return run(choice.otherwise(), scope, output);
    }

    private void runLoop(For loop, Object sequence, long depth, Scope scope, StringBuilder output) {
        List<Object> elements = filtered(loop, session.access().elements(sequence), scope);
        if (elements.isEmpty()) {
            run(loop.otherwise(), new Scope(scope), output);
            return;
        }
        Loop state =
                new Loop(session, elements, depth, inner -> runAgain(loop, inner, depth, scope));
        for (int i = 0; i < elements.size(); i++) {
            session.budget().step();
            state.moveTo(i);
            Scope iteration = new Scope(scope);
            iteration.set("loop", state);
            assign(loop.target(), elements.get(i), iteration);
            if (run(loop.body(), iteration, output) == Ending.BREAK) {
                return;
            }
        }
    }

    private Object runAgain(For loop, Object sequence, long depth, Scope scope) {
        if (!loop.recursive()) {
            throw new Failure("a loop that is not recursive was called");
        }
        StringBuilder output = new StringBuilder();
        session.budget().enter();
        runLoop(loop, sequence, depth + 1, scope, output);
        session.budget().leave();
        return output.toString();
    }

    private List<Object> filtered(For loop, List<Object> elements, Scope scope) {
        if (loop.filter().isEmpty()) {
            return elements;
        }
        List<Object> kept = new ArrayList<>();
        for (Object element : elements) {
            Scope candidate = new Scope(scope);
            assign(loop.target(), element, candidate);
            if (Values.isTrue(evaluator.evaluate(loop.filter().get(), candidate))) {
                kept.add(element);
            }
        }
        return kept;
    }

    private void assign(Target target, Object value, Scope scope) {
        if (target instanceof Target.Variable variable) {
            scope.set(variable.name(), value);
        } else if (target instanceof Target.NamespaceAttribute attribute) {
            if (!(scope.get(attribute.object()) instanceof Namespace namespace)) {
                throw new Failure("'" + attribute.object() + "' is no namespace");
            }
            namespace.set(attribute.name(), value);
        } else if (target instanceof Target.Several several) {
            List<Object> values = session.access().elements(value);
            if (values.size() != several.targets().size()) {
                throw new Failure(
                        String.format(
                                "%d values for %d variables",
                                values.size(), several.targets().size()));
            }
            for (int i = 0; i < values.size(); i++) {
                assign(several.targets().get(i), values.get(i), scope);
            }
        }
    }

    /** A macro sees the variables around its definition, as they are when it is called. */
    private Function function(MacroDefinition macro, Scope definition) {
        return arguments -> {
            Scope scope = new Scope(definition);
            bind(macro, arguments, scope);
            session.budget().enter();
            String text = render(macro.body(), scope);
            session.budget().leave();
            return text;
        };
    }

    private void bind(MacroDefinition macro, Arguments arguments, Scope scope) {
        List<String> parameters = new ArrayList<>(macro.parameters());
        parameters.add("caller");
        if (arguments.positional().size() > macro.parameters().size()) {
            throw new Failure(
                    String.format(
                            "macro '%s' takes at most %d arguments, found %d",
                            macro.name(),
                            macro.parameters().size(),
                            arguments.positional().size()));
        }
        Arguments.Bound bound = arguments.bind(macro.name(), parameters.toArray(String[]::new));
        int required = macro.parameters().size() - macro.defaults().size();
        for (int i = 0; i < macro.parameters().size(); i++) {
            String name = macro.parameters().get(i);
            if (bound.has(i)) {
                scope.set(name, bound.require(i));
            } else if (i >= required) {
                scope.set(name, evaluator.evaluate(macro.defaults().get(i - required), scope));
            } else {
                scope.set(name, new Undefined("parameter '" + name + "' was not provided"));
            }
        }
        if (!macro.parameters().contains("caller")) {
            scope.set("caller", bound.get(macro.parameters().size(), Undefined.variable("caller")));
        }
    }
}
