/** What a model itself writes, thinking included, as calibration for its compression. */
package dev.lathe.eval.traces;
