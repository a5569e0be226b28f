package dev.lathe.device;

/**
 * What a factorisation needed.
 *
 * @param damping the λ that succeeded
 * @param attempts 1 where the λ asked for was enough
 * @param deadColumns columns without any input
 */
public record Factorization(double damping, int attempts, long deadColumns) {}
