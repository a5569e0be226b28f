/** Asking: a folder with questions and one line per answer, that a killed run goes on in. */
package dev.lathe.eval.run;
