package dev.lathe.tokenizer.jinja;

/** What can be called: a macro, a method with its object, a function of this package. */
@FunctionalInterface
interface Function {
    Object call(Arguments arguments);
}
