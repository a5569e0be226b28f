/** Means, intervals, paired differences, and what length has to do with being right. */
package dev.lathe.eval.statistics;
