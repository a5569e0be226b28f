package dev.lathe.tokenizer.jinja;

import java.util.List;
import java.util.Optional;

/** What a template does, in order. */
sealed interface Statement {

    /** The line of the template where it begins, from 1. */
    int line();

    /** Text that is printed as it stands. */
    record Text(int line, String text) implements Statement {}

    /** {@code {{ … }}}. */
    record Output(int line, Expression value) implements Statement {}

    /** A condition and what is done where it holds. */
    record Branch(Expression condition, List<Statement> body) {}

    /** {@code if … elif … else}. */
    record If(int line, List<Branch> branches, List<Statement> otherwise) implements Statement {}

    /** {@code for … in … if … recursive … else}. */
    record For(
            int line,
            Target target,
            Expression sequence,
            Optional<Expression> filter,
            boolean recursive,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    /** {@code break}, or {@code continue}. */
    record Jump(int line, boolean leaves) implements Statement {}

    /** {@code set target = value}. */
    record Set(int line, Target target, Expression value) implements Statement {}

    /** {@code set target | filter} … {@code endset}. */
    record SetBlock(
            int line, Target target, Optional<Expression.Filter> filter, List<Statement> body)
            implements Statement {}

    /** {@code with a = b}. */
    record With(int line, List<Target> targets, List<Expression> values, List<Statement> body)
            implements Statement {}

    /** A part of the template that prints, with a scope of its own: {@code generation}. */
    record Group(int line, List<Statement> body) implements Statement {}

    /** {@code filter name} … {@code endfilter}. */
    record FilterBlock(int line, Expression.Filter filter, List<Statement> body)
            implements Statement {}

    /**
     * The parameters and the body of a macro.
     *
     * @param defaults of the last parameters
     */
    record MacroDefinition(
            String name,
            List<String> parameters,
            List<Expression> defaults,
            List<Statement> body) {}

    /** {@code macro name(…)}. */
    record Macro(int line, MacroDefinition definition) implements Statement {}

    /** {@code call(…) macro(…)}. */
    record CallBlock(int line, Expression.Invocation call, MacroDefinition caller)
            implements Statement {}

    /** What a value is given to. */
    sealed interface Target {
        /** A variable. */
        record Variable(String name) implements Target {}

        /** An attribute of a {@code namespace} object. */
        record NamespaceAttribute(String object, String name) implements Target {}

        /** Several targets for the elements of a sequence. */
        record Several(List<Target> targets) implements Target {}
    }
}
