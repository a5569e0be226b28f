/** The reasoning tasks: one class each, with rows, prompt, extraction and score. */
package dev.lathe.eval.task;
