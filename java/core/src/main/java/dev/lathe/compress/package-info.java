/**
 * The pipeline: a {@link dev.lathe.compress.Recipe} says what is asked for, a {@link
 * dev.lathe.compress.CompressionPlan} what becomes of each tensor, {@link
 * dev.lathe.compress.Compression} does it, a journal lets it go on after an interruption, and a
 * {@link dev.lathe.compress.RunRecord} tells what was done.
 */
package dev.lathe.compress;
