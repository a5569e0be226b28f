/**
 * Checkpoints on disk: reading and writing GGUF and safetensors, the normalised description of a
 * decoder, and the mapping of tensor names and rows between the two formats.
 *
 * <p>Shapes are in Hugging Face order, outermost first: a linear layer y = W x is stored as [rows x
 * cols] = [output features x input features]. GGUF stores the same numbers reversed; they are
 * turned round when a file is read.
 */
package dev.lathe.checkpoint;
