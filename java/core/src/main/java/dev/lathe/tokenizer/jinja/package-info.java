/**
 * An interpreter of the part of Jinja that chat templates are written in: the statements, filters,
 * tests and methods that templates of published models use, with the results of Jinja2 as
 * transformers sets it up ({@code trim_blocks}, {@code lstrip_blocks}, loop controls, the {@code
 * generation} tag, an immutable sandbox).
 *
 * <p>Why not a library: Jinjava 2.8.2 was tried with every compatibility switch on. It reads {@code
 * not x is defined} as {@code (not x) is defined}, so that DeepSeek-R1's templates lose the prompt
 * for the answer without an error; prints {@code true} and {@code null} where Python prints {@code
 * True} and {@code None}; rejects {@code messages[::-1]} and {@code tojson(indent=4)}; and finds
 * string methods by reflection under their Java names. A prompt that differs in a character is a
 * different prompt.
 *
 * <p>Templates come with models from anywhere, so they are not trusted. Values are strings,
 * numbers, truth values, lists, maps and functions of this package; no Java object, class or file
 * can be reached, since no reflection is involved. {@link dev.lathe.tokenizer.jinja.Budget} bounds
 * the work, the text and the depth of every rendering.
 *
 * <p>From text to text: {@code Lexer} → {@code StatementParser} and {@code ExpressionParser} →
 * {@code Renderer} and {@code Evaluator}.
 */
package dev.lathe.tokenizer.jinja;
