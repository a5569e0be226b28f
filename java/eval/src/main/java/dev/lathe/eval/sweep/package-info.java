/** Many compressions of one model, each evaluated, in one report. */
package dev.lathe.eval.sweep;
