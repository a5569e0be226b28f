package dev.lathe.quantize;

import dev.lathe.device.DType;

/**
 * A type that a tensor could be stored in, and what that would cost.
 *
 * @param type the storage type
 * @param bytes bytes of the tensor in this type
 * @param loss predicted rise of the KL divergence (nats per token) if the tensor alone took it
 */
public record Choice(DType type, long bytes, double loss) {}
