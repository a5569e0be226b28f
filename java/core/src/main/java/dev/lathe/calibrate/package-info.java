/**
 * What the second-order statistics come from: {@link dev.lathe.calibrate.CalibrationSet} cuts text
 * into sequences of tokens, {@link dev.lathe.calibrate.ActivationStore} keeps what flows between
 * stages within the memory budget. {@link dev.lathe.calibrate.ImportanceMatrix} is the diagonal of
 * these statistics in llama.cpp's file format.
 */
package dev.lathe.calibrate;
