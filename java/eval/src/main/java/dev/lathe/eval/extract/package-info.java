/** From a model's output to its answer: the end of thinking, and the forms that answers take. */
package dev.lathe.eval.extract;
