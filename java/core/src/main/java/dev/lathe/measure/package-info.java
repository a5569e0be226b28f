/**
 * What a compression cost, over the project's own forward pass: {@link
 * dev.lathe.measure.Measurement}; and how fast this machine is: {@link
 * dev.lathe.measure.Benchmark}.
 */
package dev.lathe.measure;
