/**
 * What a compression cost, over the project's own forward pass: {@link
 * dev.lathe.measure.Measurement}.
 */
package dev.lathe.measure;
