/** From outputs to verdicts. */
package dev.lathe.eval.judge;
