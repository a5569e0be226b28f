/**
 * Which type a weight is stored in: {@link dev.lathe.quantize.TypeSubstitution} and {@link
 * dev.lathe.quantize.Feedback}.
 */
package dev.lathe.quantize;
