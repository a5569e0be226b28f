/**
 * Decoders as Lathe computes them: {@link dev.lathe.model.Model} finds and loads their weights,
 * {@link dev.lathe.model.DecoderBlock} is one block and its forward pass, cut into the stages
 * between which weights are compressed.
 */
package dev.lathe.model;
